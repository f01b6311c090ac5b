// Package nativetest is what the tests and benchmarks have in C++, and only they
// import it: loops to measure Go against, each one call into C++, and code that
// throws or that stands for another binding. It uses the headers of package
// native but not the package, whose own tests import this one.
package nativetest
