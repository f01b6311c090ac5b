#include "enum_names.h"

namespace {

// A number that no enumerator has: a later Qt may add one.
QString unnamed(int code) { return QString("Unnamed%1").arg(code); }

}  // namespace

QString enumName(QSharedMemory::SharedMemoryError error) {
    switch (error) {
        case QSharedMemory::NoError:
            return "NoError";
        case QSharedMemory::PermissionDenied:
            return "PermissionDenied";
        case QSharedMemory::InvalidSize:
            return "InvalidSize";
        case QSharedMemory::KeyError:
            return "KeyError";
        case QSharedMemory::AlreadyExists:
            return "AlreadyExists";
        case QSharedMemory::NotFound:
            return "NotFound";
        case QSharedMemory::LockError:
            return "LockError";
        case QSharedMemory::OutOfResources:
            return "OutOfResources";
        case QSharedMemory::UnknownError:
            return "UnknownError";
    }
    return unnamed(error);
}

QString enumName(QSystemSemaphore::SystemSemaphoreError error) {
    switch (error) {
        case QSystemSemaphore::NoError:
            return "NoError";
        case QSystemSemaphore::PermissionDenied:
            return "PermissionDenied";
        case QSystemSemaphore::KeyError:
            return "KeyError";
        case QSystemSemaphore::AlreadyExists:
            return "AlreadyExists";
        case QSystemSemaphore::NotFound:
            return "NotFound";
        case QSystemSemaphore::OutOfResources:
            return "OutOfResources";
        case QSystemSemaphore::UnknownError:
            return "UnknownError";
    }
    return unnamed(error);
}
