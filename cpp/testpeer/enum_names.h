// The enumerators of Qt's two classes, by their names in Qt's documentation.
#pragma once

#include <QSharedMemory>
#include <QString>
#include <QSystemSemaphore>

QString enumName(QSharedMemory::SharedMemoryError error);
QString enumName(QSystemSemaphore::SystemSemaphoreError error);
