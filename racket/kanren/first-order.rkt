#lang racket/base
;; The names and the printed answers of first-order-miniKanren, for programs written for it.

(require "core/advance.rkt" "core/forms.rkt" "core/goal.rkt" "core/reify.rkt" "core/state.rkt"
         "core/stream.rkt" "core/term.rkt"
         (only-in "syntax.rkt" define-relation query))
(provide == =/= symbolo stringo numbero not-symbolo not-stringo not-numbero
         define-relation fresh conde query run run* stream-take conj* disj*
         (struct-out disj) (struct-out conj) (struct-out relate)
         (struct-out bind) (struct-out mplus) (struct-out pause) (struct-out state) (struct-out var)
         (struct-out Ans)
         step mature mature?)

;; Answers are lists of the query's values, also where there is one variable.
(define-syntax run
  (syntax-rules ()
    [(_ n (x ...) g0 g ...) (first-order-answers n (query (x ...) g0 g ...))]))

(define-syntax run*
  (syntax-rules ()
    [(_ (x ...) g0 g ...) (run #f (x ...) g0 g ...)]))

(define (first-order-answers n stream)
  (for/list ([st (in-list (stream-take n stream))])
    (reify/first-order st initial-var)))
