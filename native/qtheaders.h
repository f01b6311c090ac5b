// Says what to do where the headers of Qt are missing. It comes before the first of
// them; pkg-config may have found a Qt all the same.

#ifndef QTB_QTHEADERS_H
#define QTB_QTHEADERS_H

#if !__has_include(<QSharedMemory>)
#ifdef _WIN32
#error "no headers of Qt: CGO_CXXFLAGS must say where they are, see docs/windows.md"
#elif QTB_QT == 5
#error "no headers of Qt 5: apt-get install qtbase5-dev, or build without -tags qt5"
#else
#error "no headers of Qt 6: apt-get install qt6-base-dev, or build with -tags qt5"
#endif
#endif

#endif
