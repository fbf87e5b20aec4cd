#lang racket/base
;; The language: goals, relations, run and the constraints.

(require "advance.rkt" "goal.rkt" "stream.rkt" "syntax.rkt")
(provide == =/= symbolo numbero stringo not-symbolo not-numbero not-stringo absento succeed fail
         =fd =/=fd <fd <=fd >fd >=fd +fd *fd quotientfd remainderfd distinctfd domfd
         (all-from-out "syntax.rkt")
         step mature mature? stream-take)
