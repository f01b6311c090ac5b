// Random bytes for Go programs under Wine 8.0: Go asks bcryptprimitives.dll for
// them, which that Wine does not have yet. For the tests' Wine alone; Windows has
// the real one.

#include <windows.h>

// RtlGenRandom, by its name in advapi32.dll.
BOOLEAN WINAPI SystemFunction036(PVOID buffer, ULONG size);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size);

BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size) {
    const SIZE_T most = 1 << 20;
    while (size > 0) {
        const ULONG part = (ULONG)(size < most ? size : most);
        if (!SystemFunction036(data, part))
            return FALSE;
        data += part;
        size -= part;
    }
    return TRUE;
}
