#lang racket/base
;; The language: goals, relations, run and the constraints.

(require "advance.rkt" "integers/fd.rkt" (except-in "goal.rkt" domfd)
         (only-in "label.rkt" exn:fail:endless?) "stream.rkt" "syntax.rkt" (only-in "term.rkt" var?))
(provide == =/= symbolo numbero stringo not-symbolo not-numbero not-stringo absento succeed fail
         (all-from-out "integers/fd.rkt")
         (all-from-out "syntax.rkt")
         step mature mature? stream-take
         var? exn:fail:endless?)
