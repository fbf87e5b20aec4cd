#lang racket/base
;; Walking terms whose parts are shared: a term of a hundred pairs can stand for a tree of 2^100. What
;; walks a term counts the parts that it meets, and once they are many remembers which it has met.
;; Small terms, which nearly all are, cost no more than the counting.

(require racket/fixnum)
(provide make-visits first-visit? visited joined?)

;; Visits are those of one walk: how many parts may still be met before they are remembered, and a
;; table of those met since, or #f. Parts are pairs and vectors, told apart by eq?.
(struct visits ([left #:mutable] [met #:mutable]) #:authentic)

(define (make-visits [forgotten 1000]) (visits forgotten #f))

;; The table, once it is used.
(define (count! v)
  (or (visits-met v)
      (let ([left (fx- (visits-left v) 1)])
        (set-visits-left! v left)
        (and (fx<= left 0)
             (let ([met (make-hasheq)]) (set-visits-met! v met) met)))))

;; Is the part met for the first time, as far as is remembered?
(define (first-visit? v part)
  (define met (count! v))
  (or (not met)
      (and (not (hash-ref met part #f))
           (begin (hash-set! met part #t) #t))))

;; What the part becomes: EXPRESSION where that is not remembered.
(define-syntax-rule (visited v part expression)
  (let ([met (count! v)])
    (if met
        (or (hash-ref met part #f)
            (let ([new expression]) (hash-set! met part new) new))
        expression)))

;; Two parts are walked side by side to be made equal: are they known to be? From now on they are. The
;; table leads from each part to another of the same class (Huet 1976), so the walk is linear in the
;; parts of both terms.
(define (joined? v a b)
  (define met (count! v))
  (and met
       (let ([a (representative met a)] [b (representative met b)])
         (or (eq? a b)
             (begin (hash-set! met a b) #f)))))

(define (representative met part)
  (define next (hash-ref met part #f))
  (if next (representative met next) part))
