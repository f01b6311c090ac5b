package main

import "image"

// thumbnailRoom is how large a thumbnail is at most: in half blocks 100 by 24 characters.
var thumbnailRoom = image.Pt(100, 48)

// thumbnailOf is the picture that data begins with, made small, nil if it is none.
func thumbnailOf(data []byte) *image.RGBA {
	p, err := pictureIn(data, rawFrame{})
	if err != nil {
		return nil
	}
	return fitted(p.Image, thumbnailRoom)
}

// thumbnailLines are a thumbnail in half blocks, in lines of a width.
func thumbnailLines(thumbnail *image.RGBA, width int) []string {
	if thumbnail == nil || width < 1 {
		return nil
	}
	return halfBlocks(fitted(thumbnail, image.Pt(width, thumbnailRoom.Y)), colourDepth())
}
