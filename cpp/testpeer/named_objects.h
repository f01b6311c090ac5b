// The objects that the client made and named; they die with this collection.
#pragma once

#include <QString>
#include <map>
#include <memory>
#include <utility>

#include "request.h"

template <typename Object>
class NamedObjects {
 public:
    void mustBeFree(const QString &name) const {
        if (objects_.count(name) != 0) {
            throw BadRequest(QString("there is an object \"%1\" already").arg(name));
        }
    }

    void add(const QString &name, std::unique_ptr<Object> object) {
        objects_[name] = std::move(object);
    }

    Object &find(const QString &name) const {
        const auto at = objects_.find(name);
        if (at == objects_.end()) {
            throw BadRequest(QString("there is no object \"%1\"").arg(name));
        }
        return *at->second;
    }

    // Hands the object over, so that the caller can time its destructor.
    std::unique_ptr<Object> take(const QString &name) {
        find(name);
        return std::move(objects_.extract(name).mapped());
    }

 private:
    std::map<QString, std::unique_ptr<Object>> objects_;
};
