module qtinterop

go 1.26.0

ignore ./cpp
