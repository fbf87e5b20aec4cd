#lang racket/base
;; A constraint family from outside the engine: (evenfd x), x is an even integer.

(require (only-in "../../../racket/kanren/main.rkt") "../../../racket/kanren/core/domain.rkt"
         "../../../racket/kanren/core/family.rkt" "../../../racket/kanren/core/state.rkt"
         "../../../racket/kanren/core/term.rkt")
(provide evenfd)

;; A goal, and once posted a constraint: its term was a variable then.
(struct evenness (term) #:prefab)
(define (evenfd t) (evenness t))

(define (post tx goal)
  (define t (walk tx (evenness-term goal)))
  (and (restrict-domain! tx t anything)
       (or (not (var? t))
           (wake! tx (add-constraint! tx (evenness t) (list t)))
           #t)
       (or (var? t) (even? t))))

;; Both ends of the domain become even.
(define (run tx serial c)
  (define t (walk tx (evenness-term c)))
  (cond
    [(not (var? t)) (remove-constraint! tx serial) (even? t)]
    [else
     (define d (known-domain tx t))
     (define lo (domain-min d))
     (define hi (domain-max d))
     (restrict-bounds! tx t
                       (if (and (exact-integer? lo) (odd? lo)) (add1 lo) lo)
                       (if (and (exact-integer? hi) (odd? hi)) (sub1 hi) hi))]))

(define (text c) (list 'evenfd (evenness-term c)))

(define (clauses st variables constraints name named?)
  (for/list ([c (in-list constraints)] #:when (evenness? c)) (name (text c))))

(register-family!
 (make-family 'even #:goal? evenness? #:post post #:goal-text (λ (st g) (text g))
              #:constraint? evenness? #:run run #:terms evenness-term #:constraint-text text
              #:slot 'arithmetic #:clauses clauses))
