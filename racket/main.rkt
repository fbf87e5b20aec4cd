#lang racket/base
;; What a program or a REPL gets from (require architecto): the miniKanren language.

(require "kanren/fd.rkt" (except-in "kanren/goal.rkt" domfd) "kanren/stream.rkt" "kanren/syntax.rkt")
(provide == =/= symbolo numbero stringo not-symbolo not-numbero not-stringo absento succeed fail
         (all-from-out "kanren/fd.rkt")
         (all-from-out "kanren/syntax.rkt")
         step mature mature? stream-take)
