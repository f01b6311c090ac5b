package main

import "strings"

// toolWords puts what qtbridge says to programmers into words for users of qtshm.
var toolWords = strings.NewReplacer(
	"qtbridge: ", "",
	"picture: decode", "the picture",
	"picture: frame", "the frame",
	"context deadline exceeded while waiting", "the time was over",
	"context deadline exceeded", "the time was over",
	"context canceled", "it was interrupted",

	", or Replacing to have U+FFFD instead", "",
	", or use Replacing to have U+FFFD instead", "",
	", or Replacing to have ? instead", "",
	"name its working directory with NativeKeyIn", "give the whole path of its key file",
	"use QtKey or NativeKey", "use qt:NAME or native:NAME",
	"use QtKey", "give its key alone",
	"read with Snapshot, write at once with WriteAt", "qtshm get and put do without",
	"read what is needed with ReadAt", "read it as it is with --no-lock",
	"attach to it to read it", "qtshm get reads it",
	"Inspect and List see", "qtshm info and ls see",

	"PublisherOptions.InPlace", "--size",
	"another Publisher or Segment", "another qtshm",
	"Recover with Policy.AssumeGone", "qtshm rm --force --assume-gone",
	"Recover with Policy.BreakLock", "qtshm rm --break-lock",
	", or take it with Recover and Policy.TakeKeyFile", "",
	"Policy.AssumeGone", "--assume-gone",
	"Policy.BreakLock", "--break-lock",
	"another Recover takes long", "another repair takes long",
	"the turn of this Recover", "the turn of this repair",
	"call Recover", "use qtshm rm",
	"with Recover", "with qtshm rm",
)
