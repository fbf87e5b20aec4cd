#lang racket/base
;; absento: a term that must not occur anywhere inside another.

(require "disequality.rkt" "sharing.rkt" "state.rkt" "substitution.rkt" "term.rkt"
         "types.rkt")
(provide absent!)

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
