package datastream

import (
	"fmt"
	"time"
)

// The types of Qt that Go has nothing for. time.Time is a QDateTime, url.URL and *url.URL
// are a QUrl, and json.RawMessage is a QJsonDocument.

// Char is a QChar, one unit of UTF-16.
type Char uint16

// Date is a QDate: the year 0 does not exist in Qt, and is here the year -1. The zero
// Date is an invalid QDate.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// Time is a QTime: the time since midnight, in whole milliseconds. -1 is an invalid QTime.
type Time time.Duration

// UUID is a QUuid, in the order of its text.
type UUID [16]byte

func (u UUID) String() string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

// CBOR is a QCborValue, as CBOR. It is handed on as it is.
type CBOR []byte

// Bits is a QBitArray.
type Bits []bool

// Hash is a QVariantHash, where map[string]any is a QVariantMap.
type Hash map[string]any

// Null is a QVariant that has the type of Value, and no value: Null{int32(0)}.
type Null struct{ Value any }

// JSON is a QJsonValue as text, where json.RawMessage is a QJsonDocument.
type JSON []byte

// Object is a QJsonObject as text: within a QVariant Qt tells them apart.
type Object []byte

// Array is a QJsonArray as text.
type Array []byte

// Size is a QSize.
type Size struct{ Width, Height int32 }

// SizeF is a QSizeF.
type SizeF struct{ Width, Height float64 }

// Point is a QPoint.
type Point struct{ X, Y int32 }

// PointF is a QPointF.
type PointF struct{ X, Y float64 }

// Rect is a QRect.
type Rect struct{ X, Y, Width, Height int32 }

// RectF is a QRectF.
type RectF struct{ X, Y, Width, Height float64 }

// Line is a QLine.
type Line struct{ X1, Y1, X2, Y2 int32 }

// LineF is a QLineF.
type LineF struct{ X1, Y1, X2, Y2 float64 }

// julianEpoch is the julian day of 1970-01-01.
const julianEpoch = 2440588

// nullJulianDay is that of an invalid QDate.
const nullJulianDay = -1 << 63

// maxJulianDay is beyond every QDate, and small enough for time.Time.
const maxJulianDay = 1 << 36

// julianDay is the day in the calendar that Qt and Go have, without a change in 1582.
func (d Date) julianDay() (int64, bool) {
	if d == (Date{}) {
		return nullJulianDay, true
	}
	year := d.Year
	if year < 0 {
		year++ // there is a year 0 in Go
	} else if year == 0 {
		return 0, false
	}
	t := time.Date(year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	if t.Month() != d.Month || t.Day() != d.Day {
		return 0, false
	}
	return floorDiv(t.Unix(), 86400) + julianEpoch, true
}

func dateOf(julianDay int64) (Date, bool) {
	if julianDay == nullJulianDay {
		return Date{}, true
	}
	t, ok := midnightOf(julianDay)
	year := t.Year()
	if year <= 0 {
		year--
	}
	return Date{year, t.Month(), t.Day()}, ok
}

func midnightOf(julianDay int64) (time.Time, bool) {
	if julianDay > maxJulianDay || julianDay < -maxJulianDay {
		return time.Time{}, false
	}
	return time.Unix((julianDay-julianEpoch)*86400, 0).UTC(), true
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
