package qtbridge

import "time"

// How long to wait for others, and how often to try again.
const (
	// settlingStep is how often to look again where something comes or goes.
	settlingStep = time.Millisecond
	// settling is how long a segment that nobody is attached to is left alone
	// while its creator lives: it may be between making it and attaching, and
	// would lose it if we came and went.
	settling = 50 * time.Millisecond
	// retries is how often to start again when a segment comes or goes between
	// two steps.
	retries = 10

	// patience is how long a wait in the kernel lasts before it looks whether its
	// context or what it belongs to has ended: no call into the kernel can be
	// called off.
	patience = 50 * time.Millisecond
	// courtesy is how long detaching waits for a lock that somebody holds. Qt
	// waits without limit; it works without the lock too.
	courtesy = 100 * time.Millisecond
	// closeLimit is how long Close waits for methods that are under way.
	closeLimit = time.Second

	// breakPatience is how long a lock must stay held to be broken.
	breakPatience = time.Second
	// recoverLimit is how long Recover waits for another Recover to finish,
	// recoverBreakLimit where that may take its time to break a lock.
	recoverLimit      = time.Second
	recoverBreakLimit = recoverLimit + 2*breakPatience
	// recoverRounds is how often Recover looks again whether all is mended.
	recoverRounds = 10
)
