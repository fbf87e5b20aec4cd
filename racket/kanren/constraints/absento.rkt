#lang racket/base
;; absento: a term that must not occur anywhere inside another.

(require racket/list "../core/family.rkt" "../core/goal.rkt" "../core/sharing.rkt"
         "../core/state.rkt" "../core/substitution.rkt" "../core/term.rkt" "disequality.rkt"
         "types.rkt")
(provide absento-family)

;; Posts that `tag` occurs nowhere in `t`. For an atom the check at a leaf is equality of atoms; a tag
;; that is not an atom is a disequality with every part of `t`.
(define (absent! tx tag t)
  (define tag* (walk tx tag))
  (unless (compound? tag*) (check-term 'absento tag*))
  (define visits (make-visits))
  (let loop ([t t])
    (let ([t (walk tx t)])
      (cond
        [(and (or (pair? t) (vector? t)) (not (first-visit? visits t))) #t]
        [(not (or (atom? tag*) (post-disequality! tx tag* t))) #f]
        [(pair? t) (and (loop (car t)) (loop (cdr t)))]
        [(vector? t) (for/and ([e (in-vector t)]) (loop e))]
        [(var? t) (forbid! tx t tag*)]
        [else (not (and (atom? tag*) (equal? t tag*)))]))))

(define (forbid! tx v tag)
  (define a (attribute-of tx v))
  (cond [(and (atom? tag) (never? a tag)) #t]
        [(member tag (attribute-absent a)) #t]
        [else (when (eq? a no-attribute) (count-known! tx))
              (set-attribute! tx v (struct-copy attribute a
                                                [absent (cons tag (attribute-absent a))]))
              #t]))

;; Is a variable with this attribute an atom that differs from `tag` already?
(define (never? a tag)
  (define type (if (attribute-domain a) 'num (attribute-type a)))
  (and (symbol? type) (not (eq? type (term-type tag)))))

(define (hand-on tx a t)
  (for/and ([tag (in-list (reverse (attribute-absent a)))]) (absent! tx tag t)))

(define (attribute-texts v a)
  (for/list ([tag (in-list (reverse (attribute-absent a)))]) (list 'absento tag v)))

;; -- answers --------------------------------------------------------------------------------------

(define (clauses st variables constraints name named?)
  (define found
    (for*/list ([v (in-list variables)]
                [tag (in-list (absent-tags st v))]
                #:when (named? tag))
      (list 'absento (name tag) (name v))))
  (remove-duplicates (sort found term<?)))

;; One clause for all: (absento (TAG TERM) …).
(define (joined clauses)
  (if (null? clauses) '() (list (cons 'absento (map cdr clauses)))))

;; Tags that the variable's type does not keep out already.
(define (absent-tags st v)
  (define a (variable-attribute st v))
  (define type (if (attribute-domain a) 'num (attribute-type a)))
  (for/list ([tag (in-list (attribute-absent a))]
             #:when (or (not (symbol? type)) (and (atom? tag) (eq? (term-type tag) type))))
    tag))

(define absento-family
  (make-family 'absentos
               #:goal? absento?
               #:post (λ (tx g) (absent! tx (absento-tag g) (absento-term g)))
               #:goal-text (λ (st g) (list 'absento (absento-tag g) (absento-term g)))
               #:hand-on hand-on
               #:slot 'absentos
               #:attribute-texts attribute-texts
               #:clauses clauses
               #:joined joined))
