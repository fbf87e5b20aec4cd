#lang racket/base
;; The language: goals, relations, run and the constraints.

(require "core/advance.rkt" "integers/fd.rkt" (except-in "core/goal.rkt" domfd)
         (only-in "core/label.rkt" exn:fail:endless?) "core/stream.rkt" "syntax.rkt"
         (only-in "core/term.rkt" var?))
(provide == =/= symbolo numbero stringo not-symbolo not-numbero not-stringo absento succeed fail
         (all-from-out "integers/fd.rkt")
         (all-from-out "syntax.rkt")
         step mature mature? stream-take
         var? exn:fail:endless?)
