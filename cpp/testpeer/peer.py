#!/usr/bin/python3
"""A peer in Python, written from README.md alone: what "qtshm verify" needs of one.

    peer.py verbs         with PyQt6, or PyQt5 where there is none
    peer-pyqt5 verbs      the same by a link with this name: with PyQt5
"""

import base64
import importlib
import json
import os
import signal
import sys
import tempfile
import time


def qt_core():
    """PyQt5 if we are called by a name that ends so, else the first that there is."""
    names = ["PyQt5"] if sys.argv[0].endswith("pyqt5") else ["PyQt6", "PyQt5"]
    for name in names:
        try:
            return importlib.import_module(name + ".QtCore")
        except ImportError as error:
            failure = error
    sys.exit(f"peer.py: {failure}")


Qt = qt_core()
Memory, Semaphore = Qt.QSharedMemory, Qt.QSystemSemaphore


class BadRequest(Exception):
    pass


def members(cls, enum):
    """The values of an enum by their names: in PyQt5 they are those of the class."""
    scope = getattr(cls, enum)
    found = {n: v for c in (scope, cls) for n, v in vars(c).items() if isinstance(v, scope)}
    return getattr(scope, "__members__", found)


MODES, OPENS = members(Memory, "AccessMode"), members(Semaphore, "AccessMode")
ERRORS = {
    Memory: members(Memory, "SharedMemoryError"),
    Semaphore: members(Semaphore, "SystemSemaphoreError"),
}


class Segment:
    def __init__(self, memory):
        self.memory, self.read_only = memory, False


segments, semaphores = {}, {}


def find(objects, request):
    if request.get("obj") not in objects:
        raise BadRequest(f"there is no object {request.get('obj')!r}")
    return objects[request["obj"]]


def choose(values, request, name, default):
    if request.get(name, default) not in values:
        raise BadRequest(f"{name} is none of {', '.join(values)}")
    return values[request.get(name, default)]


def number(request, name, default=None):
    value = request.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadRequest(f"{name} is no integer")
    return value


def timed(reply, call):
    start = time.perf_counter_ns()
    result = call()
    reply["ns"] = time.perf_counter_ns() - start
    return result


def errors(reply, obj):
    code = obj.error()
    names = [n for n, v in ERRORS[type(obj)].items() if v == code]
    reply.update(error=names[0], code=getattr(code, "value", code), errorString=obj.errorString() or None)


def part(segment, request, length=None):
    """The memory from offset on."""
    memory, offset = segment.memory, number(request, "offset", 0)
    length = number(request, "length", memory.size() - offset) if length is None else length
    if memory.constData() is None or offset < 0 or length < 0 or offset + length > memory.size():
        raise BadRequest("that is beyond the end of the memory")
    return offset, length


def read(segment, request, reply):
    offset, length = part(segment, request)
    data = timed(reply, lambda: segment.memory.constData().asstring(offset + length)[offset:])
    reply["base64"] = base64.b64encode(data).decode()
    return length


def write(segment, request, reply):
    data = base64.b64decode(request["base64"])
    offset, length = part(segment, request, len(data))
    if segment.read_only:
        raise BadRequest("the memory is mapped ReadOnly")
    if length == 0:
        return 0
    pointer = segment.memory.data()
    pointer.setsize(segment.memory.size())
    timed(reply, lambda: pointer.__setitem__(slice(offset, offset + length), data))
    return length


def locked_write(segment, request, reply):
    memory = segment.memory
    reply["lock"] = memory.lock()
    result = write(segment, request, reply)
    time.sleep(number(request, "hold_ms", 0) / 1000)
    reply["unlock"] = memory.unlock()
    return result


def count(segment, request, reply):
    memory, (offset, _) = segment.memory, part(segment, request, 8)
    lock, pause = request.get("lock", True), number(request, "pause_us", 0) / 1e6
    reply.update(lockFailed=0, unlockFailed=0, interruptions=0)
    pointer = memory.data()
    pointer.setsize(memory.size())
    last = None
    for _ in range(number(request, "n", 1)):
        reply["lockFailed"] += lock and not memory.lock()
        value = int.from_bytes(pointer.asstring(offset + 8)[offset:], "little")
        reply["interruptions"] += last is not None and value != last
        time.sleep(pause)
        last = (value + 1) % 2**64
        pointer[offset : offset + 8] = last.to_bytes(8, "little")
        reply["unlockFailed"] += lock and not memory.unlock()
    return number(request, "n", 1)


def attached(segment, request, call):
    """create() or attach(), by which the memory gets a mode."""
    result = call(choose(MODES, request, "mode", "ReadWrite"))
    segment.read_only = result and request.get("mode", "ReadWrite") == "ReadOnly"
    return result


SEGMENT_VERBS = {
    "setKey": lambda s, q, r: s.memory.setKey(q.get("key")),
    "setNativeKey": lambda s, q, r: s.memory.setNativeKey(q.get("key")),
    "setNativeIpcKey": lambda s, q, r: s.memory.setNativeKey(Qt.QNativeIpcKey.fromString(q["key"])),
    "key": lambda s, q, r: s.memory.key() or None,
    "nativeKey": lambda s, q, r: s.memory.nativeKey() or None,
    "create": lambda s, q, r: attached(s, q, lambda mode: s.memory.create(number(q, "size"), mode)),
    "attach": lambda s, q, r: attached(s, q, s.memory.attach),
    "isAttached": lambda s, q, r: s.memory.isAttached(),
    "detach": lambda s, q, r: s.memory.detach(),
    "lock": lambda s, q, r: s.memory.lock(),
    "unlock": lambda s, q, r: s.memory.unlock(),
    "size": lambda s, q, r: s.memory.size(),
    "read": read,
    "write": write,
    "lockedWrite": locked_write,
    "count": count,
}

if not hasattr(Qt, "QNativeIpcKey"):  # before 6.6
    del SEGMENT_VERBS["setNativeIpcKey"]

SEMAPHORE_VERBS = {
    "setKey": lambda s, q, r: s.setKey(q.get("key"), number(q, "initial", 0), choose(OPENS, q, "mode", "Open")),
    "key": lambda s, q, r: s.key() or None,
    "acquire": lambda s, q, r: s.acquire(),
    "release": lambda s, q, r: s.release(number(q, "n", 1)),
}


def hello(request, reply):
    reply.update(protocol=1, qtVersion=Qt.qVersion(), qtBuild=Qt.QT_VERSION_STR, system=sys.platform, pid=os.getpid(),
                 cwd=os.getcwd(), tmpdir=os.environ.get("TMPDIR"), tempPath=tempfile.gettempdir())


def on_object(kind, verb, request, reply):
    objects = segments if kind == "shm" else semaphores
    if verb == "new":
        if kind == "shm":
            objects[request["obj"]] = Segment(Memory(request["key"]) if request.get("key") is not None else Memory())
        else:
            objects[request["obj"]] = Semaphore(request.get("key"), number(request, "initial", 0), choose(OPENS, request, "mode", "Open"))
        return None
    obj = find(objects, request)
    if verb == "delete":
        del objects[request["obj"]]
        del obj  # the last reference: Qt's destructor runs
        return None
    result = timed(reply, lambda: (SEGMENT_VERBS if kind == "shm" else SEMAPHORE_VERBS)[verb](obj, request, reply))
    errors(reply, obj.memory if kind == "shm" else obj)
    return result


def answer(request):
    op = request.get("op")
    reply = {"id": request.get("id"), "op": op, "ret": None, "ns": 0}
    kind, _, verb = str(op).partition(".")
    known = {"shm": SEGMENT_VERBS, "sem": SEMAPHORE_VERBS}.get(kind, {})
    if op == "hello":
        hello(request, reply)
    elif op == "chdir":
        os.chdir(request["dir"])
        reply["ret"] = True
    elif verb in known or known and verb in ("new", "delete"):
        reply["ret"] = on_object(kind, verb, request, reply)
    elif op not in ("kill", "exit"):
        raise BadRequest(f'there is no op "{op}"')
    return reply


def main():
    for line in sys.stdin.buffer:
        request = {}
        try:
            request = json.loads(line)
            reply = answer(request)
        except (BadRequest, KeyError, TypeError, ValueError) as error:
            reply = {"id": request.get("id"), "op": request.get("op"), "fail": str(error)}
        print(json.dumps(reply), flush=True)
        if reply.get("op") == "kill" and "fail" not in reply:
            os.kill(os.getpid(), signal.SIGKILL)
        if reply.get("op") == "exit" and "fail" not in reply:
            break
    segments.clear()
    semaphores.clear()
    sys.exit(number(request, "code", 0) if request.get("op") == "exit" else 0)


if __name__ == "__main__":
    if sys.argv[1:] != ["verbs"]:
        sys.exit("usage: peer.py verbs")
    main()
