#lang racket/base
;; What stands where a form declares variables, at compile time.

(provide distinct-identifiers?)

;; Is it a list of identifiers? One that stands in it twice is a syntax error of the form.
(define (distinct-identifiers? form stx whole)
  (define ids (syntax->list stx))
  (define twice (and ids (andmap identifier? ids) (check-duplicate-identifier ids)))
  (when twice
    (raise-syntax-error (if (syntax? form) (syntax-e form) form) "the name is declared twice"
                        whole twice))
  (and ids (andmap identifier? ids)))
