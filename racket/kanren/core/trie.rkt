#lang racket/base
;; A persistent map from natural numbers to values, for stores keyed by variable or constraint number.
;; The search keeps very many of them, each a few entries away from another: what counts is their
;; size.

(require racket/fixnum)
(provide trie-empty trie-ref trie-set trie-remove trie-fold)

;; A Trie is a Node, or (list* KEY VALUE TRIE): an entry on top of an older map. With `most-entries`
;; of those, they go into the Node at the bottom: keys that were set one after the other are mostly
;; near each other, and share the nodes that this makes.
;; A Node of height h is (vector h C0 … C7). At height 0 the Ci are values; above, Ci is a Node for
;; the keys whose digit h (in base 8) is i. An absent value or Node is #f: #f cannot be stored, and no
;; Trie is #f.

(define trie-empty (vector 0 #f #f #f #f #f #f #f #f))

(define most-entries 8)
(define digit-bits 3)
(define digit-mask 7)

(define (trie-ref trie key)
  (if (pair? trie)
      (let ([entry (cdr trie)])
        (if (eq? key (car trie))
            (car entry)
            (trie-ref (cdr entry) key)))
      (let ([height (vector-ref trie 0)])
        (and (fits? key height)
             (node-ref trie height key)))))

(define (node-ref node height key)
  (define child (vector-ref node (slot key height)))
  (if (eq? height 0)
      child
      (and child (node-ref child (fx- height 1) key))))

(define (slot key height)
  (fx+ 1 (fxand (fxrshift key (fx* digit-bits height)) digit-mask)))

(define (fits? key height)
  (eq? 0 (fxrshift key (fx* digit-bits (fx+ height 1)))))

(define (trie-set trie key value)
  (if (short? trie most-entries)
      (list* key value trie)
      (flat (list* key value trie))))

;; Has it fewer than n entries on top of its Node?
(define (short? trie n)
  (or (not (pair? trie))
      (and (fx> n 1) (short? (cddr trie) (fx- n 1)))))

;; The Node with all entries in it, oldest first.
(define (flat trie)
  (if (pair? trie)
      (root-set (flat (cddr trie)) (car trie) (cadr trie))
      trie))

(define (root-set node key value)
  (define height (vector-ref node 0))
  (if (fits? key height)
      (node-set node height key value)
      (root-set (vector (fx+ height 1) node #f #f #f #f #f #f #f) key value)))

(define (node-set node height key value)
  (define i (slot key height))
  (define new
    (if node
        (vector height (vector-ref node 1) (vector-ref node 2) (vector-ref node 3) (vector-ref node 4)
                (vector-ref node 5) (vector-ref node 6) (vector-ref node 7) (vector-ref node 8))
        (vector height #f #f #f #f #f #f #f #f)))
  (vector-set! new i (if (eq? height 0)
                         value
                         (node-set (vector-ref new i) (fx- height 1) key value)))
  new)

(define (trie-remove trie key)
  (if (trie-ref trie key) (trie-set trie key #f) trie))

;; (trie-fold trie combine init): combine is called with key, value, accumulator; keys in order.
(define (trie-fold trie combine init)
  (let loop ([node (flat trie)] [base 0] [acc init])
    (define height (vector-ref node 0))
    (for/fold ([acc acc]) ([child (in-vector node 1)] [i (in-naturals)] #:when child)
      (define key (+ (* base (add1 digit-mask)) i))
      (if (eq? height 0)
          (combine key child acc)
          (loop child key acc)))))

(module+ test
  (require rackunit)
  (define keys (for/list ([i 300]) (modulo (* i 7919) 1009)))
  (define built (for/fold ([t trie-empty]) ([k keys]) (trie-set t k (list k))))
  (for ([k keys]) (check-equal? (trie-ref built k) (list k)))
  (check-false (trie-ref built 5000))
  (check-false (trie-ref (trie-remove built (car keys)) (car keys)))
  (check-equal? (reverse (trie-fold built (λ (k v acc) (cons k acc)) '()))
                (sort (for/list ([k (in-hash-keys (for/hasheqv ([k keys]) (values k #t)))]) k) <)))
