#lang racket/base
;; Posting a constraint: all families together, run to a fixed point.

(require "family.rkt" "goal.rkt" "state.rkt" "substitution.rkt" "term.rkt")
(provide post wake-bindings)

;; The state after a constraint goal (see goal.rkt) or a conjunction of them, or #f where it fails.
(define (post st goal)
  (if (==? goal)
      (post-equation st (==-left goal) (==-right goal))
      (let ([tx (begin-transaction st)])
        (and (start! tx goal)
             (run-agenda! tx)
             (commit tx)))))

;; Most equations bind variables of which nothing is known: those need no transaction.
(define (post-equation st u v)
  (define-values (store pending) (unify-in u v (state-store st) '()))
  (cond [(not store) #f]
        [(pair? pending) (wake-bindings st store (state-next st) pending)]
        [(eq? store (state-store st)) st]
        [else (state store (state-constraints st) (state-serial st) (state-next st))]))

;; The state after bindings that were made outside a transaction: `store` and `next` replace those of
;; st, `pending` is what unify-in gathered. #f where a constraint fails.
(define (wake-bindings st store next pending)
  (define tx (resume-transaction st store next))
  (and (hand-on-all! tx pending)
       (run-agenda! tx)
       (commit tx)))

(define (start! tx goal)
  (cond
    [(==? goal) (unify! tx (==-left goal) (==-right goal))]
    [(conj? goal) (and (start! tx (conj-left goal)) (start! tx (conj-right goal)))]
    [(family-of-goal goal) => (λ (f) ((family-post f) tx goal))]
    [else
     (raise-arguments-error
      'run
      (string-append "not a goal: expected a relation's call, a constraint, fresh, conde or matche; "
                     "a line of a conde has parentheses of its own")
      "got" goal)]))

;; Runs the agenda until nothing is left to do, equations first. -> #f when the branch fails
(define (run-agenda! tx)
  (cond
    [(next-equation! tx) => (λ (e) (and (unify! tx (car e) (cdr e)) (run-agenda! tx)))]
    [(next-wake! tx)
     => (λ (serial)
          (define c (constraint-ref tx serial))
          (define outcome
            (if c ((family-run (family-of-constraint c)) tx serial c) 'fixpoint))
          (and outcome
               (begin (end-run! tx (eq? outcome 'fixpoint))
                      (run-agenda! tx))))]
    [else #t]))

(define (unify! tx u v)
  (define-values (store pending) (unify-in u v (transaction-store tx) '()))
  (and store
       (begin (set-transaction-store! tx store)
              (hand-on-all! tx pending))))

;; What was known of variables that were just bound goes on to the terms that they are bound to.
(define (hand-on-all! tx pending)
  (or (null? pending)
      (and (hand-on-all! tx (cdr pending))   ; oldest first
           (hand-on! tx (caar pending) (cdar pending)))))

(define (hand-on! tx a binding)
  (define t (cdr binding))
  (and (for/and ([f (in-list (families))])
         (define hand-on (family-hand-on f))
         (or (not hand-on) (hand-on tx a t)))
       (let ([t (walk tx t)])
         (when (var? t)
           (for ([serial (in-list (attribute-watches a))]) (watch! tx t serial)))
         (wake-bound! tx (attribute-watches a))
         #t)))
