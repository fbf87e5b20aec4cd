#lang racket/base
;; Type constraints: symbolo, numbero, stringo and their negations.

(require "../core/family.rkt" "../core/goal.rkt" "../core/state.rkt" "../core/term.rkt")
(provide type-family term-type type-meet type-admits?)

;; A Type is #f (anything), one of 'sym 'num 'str, or a sorted non-empty list of those (none of them).

;; -> 'sym, 'num, 'str, or #f for a term of another kind
(define (term-type t)
  (cond [(symbol? t) 'sym] [(number? t) 'num] [(string? t) 'str] [else #f]))

;; Can a value of kind `kind` (as of term-type) have Type `type`?
(define (type-admits? type kind)
  (cond [(not type) #t]
        [(symbol? type) (eq? type kind)]
        [else (not (memq kind type))]))

;; -> the Type of what has both, or 'none
(define (type-meet a b)
  (cond [(not a) b]
        [(not b) a]
        [(symbol? a) (if (if (symbol? b) (eq? a b) (not (memq a b))) a 'none)]
        [(symbol? b) (type-meet b a)]
        [else (sort (for/fold ([all a]) ([n (in-list b)]) (if (memq n all) all (cons n all)))
                    symbol<?)]))

;; Posts that t has the Type.
(define (restrict-type! tx t type)
  (let ([t (walk tx t)])
    (if (var? t)
        (let* ([a (attribute-of tx t)]
               [met (type-meet (attribute-type a) type)])
          (cond [(eq? met 'none) #f]
                [(attribute-domain a) (type-admits? met 'num)]
                [(equal? met (attribute-type a)) #t]
                [else (when (eq? a no-attribute) (count-known! tx))
                      (set-attribute! tx t (struct-copy attribute a [type met]))
                      (wake-all! tx (attribute-watches a))
                      #t]))
        (type-admits? type (term-type t)))))

;; What was known of a variable holds of what it was bound to.
(define (hand-on tx a t)
  (define type (attribute-type a))
  (or (not type) (restrict-type! tx t type)))

(define (goal-type g) (if (type-goal-positive? g) (type-goal-type g) (list (type-goal-type g))))

;; -- as text: (sym TERM), (not-num TERM) -----------------------------------------------------------

(define (type->texts t type)
  (cond [(not type) '()]
        [(symbol? type) (list (list type t))]
        [else (for/list ([n (in-list type)]) (list (negated n) t))]))

(define (negated type) (case type [(sym) 'not-sym] [(num) 'not-num] [else 'not-str]))

(define (clauses st variables constraints name named?)
  (for*/list ([v (in-list variables)]
              [text (in-list (type->texts (name v) (attribute-type (variable-attribute st v))))])
    text))

;; One clause for each type: (sym _.0 _.1).
(define (joined clauses)
  (for*/list ([type (in-list '(num str sym not-num not-str not-sym))]
              [terms (in-value (for/list ([c (in-list clauses)] #:when (eq? (car c) type)) (cadr c)))]
              #:when (pair? terms))
    (cons type terms)))

(define type-family
  (make-family 'types
               #:goal? type-goal?
               #:post (λ (tx g) (restrict-type! tx (type-goal-term g) (goal-type g)))
               #:goal-text (λ (st g) (car (type->texts (type-goal-term g) (goal-type g))))
               #:hand-on hand-on
               #:slot 'types
               #:attribute-texts (λ (v a) (type->texts v (attribute-type a)))
               #:clauses clauses
               #:joined joined))
