#lang racket/base
;; Posting a constraint: all families together, run to a fixed point.

(require "absento.rkt" "arithmetic.rkt" "disequality.rkt" "domain.rkt" "goal.rkt" "state.rkt"
         "term.rkt" "types.rkt")
(provide post)

;; The state after a constraint goal (see goal.rkt), or #f where it fails.
(define (post st goal)
  (define tx (begin-transaction st))
  (and (start! tx goal)
       (settle! tx)
       (commit tx)))

(define (start! tx goal)
  (cond
    [(==? goal) (unify! tx (==-left goal) (==-right goal))]
    [(=/=? goal) (post-disequality! tx (=/=-left goal) (=/=-right goal))]
    [(type-goal? goal)
     ((if (type-goal-positive? goal) require-type! forbid-type!)
      tx (type-goal-term goal) (type-goal-type goal))]
    [(absento? goal) (absent! tx (absento-tag goal) (absento-term goal))]
    [(domfd? goal) (restrict-domain! tx (domfd-term goal) (domfd-domain goal))]
    [(arithmetic? goal) (post-arithmetic! tx goal)]
    [else (raise-argument-error 'post "constraint goal" goal)]))

;; Runs the agenda until nothing is left to do, equations first. -> #f when the branch fails
(define (settle! tx)
  (cond
    [(next-equation! tx) => (λ (e) (and (unify! tx (car e) (cdr e)) (settle! tx)))]
    [(next-wake! tx)
     => (λ (serial)
          (define c (constraint-ref tx serial))
          (and (cond [(not c) #t]
                     [(disequality? c) (run-disequality! tx serial c)]
                     [else (run-arithmetic! tx serial c)])
               (settle! tx)))]
    [else #t]))

(define (unify! tx u v)
  (let ([u (walk tx u)] [v (walk tx v)])
    (cond
      [(eq? u v) #t]
      [(var? u)
       (cond [(not (var? v)) (bind! tx u v)]
             [(eq? (var-id u) (var-id v)) #t]
             [(< (var-id u) (var-id v)) (bind! tx v u)]   ; the younger to the older
             [else (bind! tx u v)])]
      [(var? v) (bind! tx v u)]
      [(pair? u) (and (pair? v) (unify! tx (car u) (car v)) (unify! tx (cdr u) (cdr v)))]
      [(vector? u)
       (and (vector? v) (= (vector-length u) (vector-length v))
            (for/and ([a (in-vector u)] [b (in-vector v)]) (unify! tx a b)))]
      [else
       (check-term '== u)
       (check-term '== v)
       (and (atom? v) (equal? u v))])))

;; Binds the unbound variable v, and hands what was known of it on to t.
(define (bind! tx v t)
  (cond
    [(and (or (pair? t) (vector? t)) (occurs? tx v t)) #f]
    [else
     (unless (or (pair? t) (var? t)) (check-term '== t))
     (define a (attribute-of tx v))
     (assign! tx v t)
     (or (eq? a no-attribute)
         (and (let ([type (attribute-type a)])
                (cond [(not type) #t]
                      [(symbol? type) (require-type! tx t type)]
                      [else (for/and ([n (in-list type)]) (forbid-type! tx t n))]))
              (or (not (attribute-domain a)) (restrict-domain! tx t (attribute-domain a)))
              (for/and ([tag (in-list (reverse (attribute-absent a)))]) (absent! tx tag t))
              (begin
                (when (var? t)
                  (for ([serial (in-list (attribute-watches a))]) (watch! tx (walk tx t) serial)))
                (wake-all! tx (attribute-watches a))
                #t)))]))
