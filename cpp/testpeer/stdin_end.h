// Quits the application when stdin ends.
#pragma once

#include <memory>

class StdinEnd {
 public:
    StdinEnd();
    ~StdinEnd();
    StdinEnd(const StdinEnd &) = delete;
    StdinEnd &operator=(const StdinEnd &) = delete;

 private:
    struct State;
    std::shared_ptr<State> state_;
};
