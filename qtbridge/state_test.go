package qtbridge

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"qtinterop/internal/ipc"
)

// What a system found is converted by its number.
func TestKindsAndEvidenceAreThoseOfSystems(t *testing.T) {
	for kind, theirs := range map[Kind]ipc.Kind{
		KindKeyFile: ipc.KindKeyFile, KindSegment: ipc.KindSegment, KindSemaphore: ipc.KindSemaphore,
		KindBoth: ipc.KindBoth, KindPosix: ipc.KindPosix,
	} {
		assert.Equal(t, kind, Kind(theirs))
	}
	for evidence, theirs := range map[Evidence]ipc.Evidence{
		noEvidence: ipc.NoEvidence, SameKey: ipc.SameKey, SameAge: ipc.SameAge, SameProgram: ipc.SameProgram, UsedLock: ipc.UsedLock, SameCreator: ipc.SameCreator, SameDirectory: ipc.SameDirectory,
	} {
		assert.Equal(t, evidence, Evidence(theirs))
	}
}
