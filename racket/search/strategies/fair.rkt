#lang racket/base
;; Without a guide: it reaches every answer.

(require "../strategy.rkt")

(define-strategy fair
  "the choice that has waited longest"
  #:candidates (λ (f memory) (let ([i (oldest-choice f)]) (if i (list i) '())))
  #:guided? #f)
