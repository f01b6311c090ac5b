//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"time"
)

// browser is a headless Chromium that is told what to do by its DevTools protocol,
// over a pipe: messages of JSON, each with a NUL at its end.
type browser struct {
	cmd     *exec.Cmd
	dir     string // its profile
	to      *os.File
	from    *bufio.Reader
	session string // of the page
	id      int
	asked   []string // URLs of what the page has asked for
}

// answer is any message of Chromium: the answer to a call, or an event.
type answer struct {
	ID     int
	Method string
	Params struct{ Request struct{ URL string } }
	Result json.RawMessage
	Error  *struct{ Message string }
}

// browserLimit is how long Chromium may run in all.
const browserLimit = 2 * time.Minute

func startBrowser(program string) (*browser, error) {
	dir, err := os.MkdirTemp("", "matrix-browser")
	if err != nil {
		return nil, err
	}
	ours, theirs, err := pipes()
	if err != nil {
		return nil, err
	}
	// Without a sandbox, as root cannot have it; the page is our own.
	b := &browser{dir: dir, to: ours[1], from: bufio.NewReader(ours[0]), cmd: exec.Command(program, "--headless", "--no-sandbox",
		"--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe", "--user-data-dir="+dir, "about:blank")}
	b.cmd.ExtraFiles = theirs // 3 to read from, 4 to write to
	err = b.cmd.Start()
	for _, f := range theirs {
		_ = f.Close()
	}
	if err != nil {
		return nil, err
	}
	time.AfterFunc(browserLimit, func() { _ = b.cmd.Process.Kill() })
	return b, b.openPage()
}

func pipes() (ours, theirs []*os.File, err error) {
	commands, toThem, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	fromThem, answers, err := os.Pipe()
	return []*os.File{fromThem, toThem}, []*os.File{commands, answers}, err
}

func (b *browser) close() {
	_ = b.cmd.Process.Kill()
	_ = b.cmd.Wait()
	_ = os.RemoveAll(b.dir)
}

func (b *browser) openPage() error {
	var target struct{ TargetID string }
	if err := b.call("Target.createTarget", arguments{"url": "about:blank"}, &target); err != nil {
		return err
	}
	var attached struct{ SessionID string }
	if err := b.call("Target.attachToTarget", arguments{"targetId": target.TargetID, "flatten": true}, &attached); err != nil {
		return err
	}
	b.session = attached.SessionID
	return b.call("Network.enable", nil, nil)
}

type arguments map[string]any

// call calls a method of the protocol, waits for its answer, and notes meanwhile what
// the page asks for.
func (b *browser) call(method string, args arguments, result any) error {
	b.id++
	request := arguments{"id": b.id, "method": method, "params": args}
	if args == nil {
		request["params"] = arguments{}
	}
	if b.session != "" {
		request["sessionId"] = b.session
	}
	line, err := json.Marshal(request)
	if err != nil {
		return err
	}
	if _, err := b.to.Write(append(line, 0)); err != nil {
		return err
	}
	for {
		data, err := b.from.ReadBytes(0)
		if err != nil {
			return fmt.Errorf("%s: no answer: %w", method, err)
		}
		var a answer
		if err := json.Unmarshal(data[:len(data)-1], &a); err != nil {
			return err
		}
		switch {
		case a.Method == "Network.requestWillBeSent":
			b.asked = append(b.asked, a.Params.Request.URL)
		case a.ID == b.id && a.Error != nil:
			return fmt.Errorf("%s: %s", method, a.Error.Message)
		case a.ID == b.id && result != nil:
			return json.Unmarshal(a.Result, result)
		case a.ID == b.id:
			return nil
		}
	}
}

// eval evaluates JavaScript in the page.
func (b *browser) eval(expression string, value any) error {
	var reply struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct{ Text string }
	}
	err := b.call("Runtime.evaluate", arguments{"expression": expression, "returnByValue": true, "awaitPromise": true}, &reply)
	if err != nil {
		return err
	}
	if reply.ExceptionDetails != nil {
		return fmt.Errorf("%s: %s", expression, reply.ExceptionDetails.Text)
	}
	return json.Unmarshal(reply.Result.Value, value)
}

// expect fails unless the JavaScript becomes true within five seconds.
func (b *browser) expect(what, expression string) error {
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		var is bool
		if err := b.eval("Boolean("+expression+")", &is); err != nil {
			return err
		}
		if is {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("not so: %s: %s", what, expression)
		}
	}
}

func (b *browser) open(url string) error {
	if err := b.call("Page.navigate", arguments{"url": "about:blank"}, nil); err != nil {
		return err
	}
	if err := b.call("Page.navigate", arguments{"url": url}, nil); err != nil {
		return err
	}
	return b.expect("the page is there", `location.href.startsWith("file:") && document.readyState == "complete"`)
}

// click clicks with the mouse in the middle of an element.
func (b *browser) click(selector string) error {
	var at struct{ X, Y float64 }
	err := b.eval(fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.scrollIntoView({block: "center"});
		const r = e.getBoundingClientRect(); return {x: r.x + r.width / 2, y: r.y + r.height / 2} })()`, selector), &at)
	if err != nil {
		return err
	}
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		if err := b.call("Input.dispatchMouseEvent", arguments{"type": kind, "x": at.X, "y": at.Y, "button": "left", "clickCount": 1}, nil); err != nil {
			return err
		}
	}
	return nil
}

// press presses a key of the keyboard.
func (b *browser) press(key string, code int, text string) error {
	for _, kind := range []string{"keyDown", "keyUp"} {
		args := arguments{"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code}
		if kind == "keyDown" && text != "" {
			args["text"] = text
		}
		if err := b.call("Input.dispatchKeyEvent", args, nil); err != nil {
			return err
		}
	}
	return nil
}

func (b *browser) screenshot(path string) error {
	var shot struct{ Data []byte }
	if err := b.call("Page.captureScreenshot", arguments{"format": "png"}, &shot); err != nil {
		return err
	}
	return os.WriteFile(path, shot.Data, 0o666)
}

func (b *browser) colours(scheme string) error {
	return b.call("Emulation.setEmulatedMedia", arguments{"features": []arguments{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// onlyAsked fails if the page has asked for anything but this.
func (b *browser) onlyAsked(urls ...string) error {
	for _, asked := range b.asked {
		if !slices.Contains(urls, asked) {
			return fmt.Errorf("the page asks for %s", asked)
		}
	}
	if len(b.asked) == 0 {
		return io.ErrUnexpectedEOF
	}
	return nil
}
