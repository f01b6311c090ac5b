//go:build linux

package main

import (
	"fmt"
	"path/filepath"
)

// checkPage looks at the page as its readers do: by mouse and by keyboard, in light
// and in dark, on a wide and on a narrow screen. It leaves screenshots in dir.
func checkPage(program, path, dir string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	b, err := startBrowser(program)
	if err != nil {
		return err
	}
	defer b.close()
	url := "file://" + path
	for _, step := range []func() error{
		func() error { return b.checkMouse(url, dir) },
		func() error { return b.checkKeyboard(url) },
		func() error { return b.checkColours(url, dir) },
		func() error { return b.checkNarrow(url, dir) },
		func() error { return b.onlyAsked("about:blank", url) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	fmt.Println("matrix: the page works in Chromium, by mouse and by keyboard; screenshots are in", dir)
	return nil
}

// shown is JavaScript: the evidence that can be seen.
const shown = `[...document.querySelectorAll("section.evidence")].filter(e => e.getBoundingClientRect().height > 0)`

// aCell is the selector of a link to evidence: that of the last peer in the first line.
const aCell = "h2:nth-of-type(1) + .wide tbody tr:first-child td:last-child a.cell"

func (b *browser) checkMouse(url, dir string) error {
	if err := b.open(url); err != nil {
		return err
	}
	if err := b.expect("no evidence at first", shown+".length == 0"); err != nil {
		return err
	}
	if err := b.click(aCell); err != nil {
		return err
	}
	if err := b.expect("the evidence of the cell, alone", fmt.Sprintf(`%s.length == 1 && %s[0].id == document.querySelector(%q).hash.slice(1)`, shown, shown, aCell)); err != nil {
		return err
	}
	if err := b.click("section.evidence:target details:not([open]) summary"); err != nil {
		return err
	}
	transcript := `document.querySelector("section.evidence:target details[open] pre.transcript")`
	if err := b.expect("the transcript of the row", transcript+` && `+transcript+`.getBoundingClientRect().height > 0 && `+transcript+`.textContent.includes('"op":"shm.')`); err != nil {
		return err
	}
	return b.screenshot(filepath.Join(dir, "evidence.png"))
}

func (b *browser) checkKeyboard(url string) error {
	if err := b.open(url); err != nil {
		return err
	}
	for range 5 { // a table can be focused too, to be scrolled
		if err := b.press("Tab", 9, ""); err != nil {
			return err
		}
		var there bool
		if err := b.eval(`document.activeElement.matches("a.cell")`, &there); err != nil {
			return err
		}
		if there {
			break
		}
	}
	if err := b.press("Enter", 13, "\r"); err != nil {
		return err
	}
	return b.expect("evidence, by the keyboard", shown+".length == 1")
}

func (b *browser) checkColours(url, dir string) error {
	var grounds [2]string
	for i, scheme := range []string{"light", "dark"} {
		if err := b.colours(scheme); err != nil {
			return err
		}
		if err := b.open(url); err != nil {
			return err
		}
		if err := b.eval(`getComputedStyle(document.body).backgroundColor`, &grounds[i]); err != nil {
			return err
		}
		if err := b.screenshot(filepath.Join(dir, scheme+".png")); err != nil {
			return err
		}
	}
	if grounds[0] == grounds[1] {
		return fmt.Errorf("light and dark are both %s", grounds[0])
	}
	return nil
}

func (b *browser) checkNarrow(url, dir string) error {
	err := b.call("Emulation.setDeviceMetricsOverride", arguments{"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": false}, nil)
	if err != nil {
		return err
	}
	if err := b.open(url); err != nil {
		return err
	}
	if err := b.expect("nothing beyond the edge of a narrow screen", "document.documentElement.scrollWidth <= 400"); err != nil {
		return err
	}
	return b.screenshot(filepath.Join(dir, "narrow.png"))
}
