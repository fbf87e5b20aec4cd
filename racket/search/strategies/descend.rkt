#lang racket/base
;; Down one way, as a person would: the usual strategy.

(require "../strategy.rkt")

;; Its memory is the choice whose children it offers.
(define-strategy descend
  "the children of the last pick; at a dead end the nearest open ones above; from the root again
after an answer"
  #:memory 0
  #:candidates
  (λ (f at)
    (let loop ([at at])
      (case (choice-status f at)
        [(unexpanded) (list at)]
        [(expanded) (open-children f at)]
        ;; where a limit on nodes has forgotten the way up, from the root
        [else (if (eqv? at 0) '() (loop (or (choice-parent f at) 0)))])))
  #:picked (λ (f at index outcome) (if (eq? outcome 'answer) 0 index)))
