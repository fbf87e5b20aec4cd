#lang racket/base
;; What a program or a REPL gets from (require architecto): the miniKanren language, problems, layers
;; and spaces, and the debugger of guided searches.

(require "kanren/main.rkt" "networks/architecture.rkt" "networks/heads.rkt" "networks/layers.rkt"
         "networks/shapes.rkt" "networks/space.rkt" "search/problem.rkt" "search/strategy.rkt"
         "explore.rkt")
(provide (all-from-out "kanren/main.rkt" "networks/architecture.rkt" "networks/heads.rkt"
                       "networks/layers.rkt" "networks/shapes.rkt" "networks/space.rkt" "explore.rkt")
         define-problem define-strategy
         choice-status choice-parent open-children oldest-choice nearest-open)
