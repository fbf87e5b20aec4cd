#lang racket/base
;; Conjunction, disjunction, fresh variables and pattern matching: macros that make goals.

(require (for-syntax racket/base "identifiers.rkt" "matche.rkt") "goal.rkt" "term.rkt")
(provide conj* disj* fresh conde matche)

(define-syntax conj*
  (syntax-rules ()
    [(_) succeed]
    [(_ g) g]
    [(_ g ... last) (conj (conj* g ...) last)]))

(define-syntax disj*
  (syntax-rules ()
    [(_) fail]
    [(_ g) g]
    [(_ g rest ...) (disj g (disj* rest ...))]))

(define-syntax (fresh stx)
  (syntax-case stx ()
    [(_ (x ...) g0 g ...)
     (distinct-identifiers? 'fresh #'(x ...) stx)
     #'(let* ([x (new-var)] ...) (conj* g0 g ...))]
    [_ (raise-syntax-error 'fresh "expected (fresh (VARIABLE …) GOAL GOAL …)" stx)]))

(define-syntax (conde stx)
  (syntax-case stx ()
    [(_ (g0 g ...) (h0 h ...) ...) #'(disj* (conj* g0 g ...) (conj* h0 h ...) ...)]
    [_ (raise-syntax-error 'conde "expected (conde (GOAL GOAL …) …)" stx)]))

;; (matche TERM (PATTERN GOAL …) …) or (matche (TERM …) ((PATTERN …) GOAL …) …): a conde with a clause
;; for each line. In a pattern ,x is a fresh variable, the same wherever it stands in the line, ,_ is
;; anything, and the rest is quoted.
(define-syntax (matche stx)
  (expand-matche stx #'fresh #'conde #'==))
