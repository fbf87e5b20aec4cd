#lang racket/base
;; What a program or a REPL gets from (require architecto): the miniKanren language.

(require "kanren/goal.rkt" "kanren/stream.rkt" "kanren/syntax.rkt")
(provide == =/= symbolo numbero stringo not-symbolo not-numbero not-stringo absento succeed fail
         =fd =/=fd <fd <=fd >fd >=fd +fd *fd quotientfd remainderfd distinctfd domfd
         (all-from-out "kanren/syntax.rkt")
         step mature mature? stream-take)
