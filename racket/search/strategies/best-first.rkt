#lang racket/base
;; Every open choice is a candidate at every step, as in neural-guided constraint logic programming.

(require "../strategy.rkt")

(define-strategy best-first
  "all open choices"
  #:candidates (λ (f memory) (if (eq? (choice-status f 0) 'closed) '() 'all)))
