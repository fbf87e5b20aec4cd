#lang racket/base
;; A persistent map from natural numbers to values, for stores keyed by variable or constraint number.

(provide trie-empty trie-ref trie-set trie-remove trie-fold)

;; A Trie is #f (empty) or (vector VALUE T0 T1 T2 T3).
;; The value of key 0 stands in the node itself; key n > 0 stands in child (n-1) mod 4 under key
;; (n-1) div 4. A dense range of n keys is about log4 n deep, and no node is empty. VALUE is #f where
;; a key is absent, so #f cannot be stored.

(define trie-empty #f)

(define (trie-ref trie key)
  (let loop ([trie trie] [key key])
    (and trie
         (if (eq? key 0)
             (vector-ref trie 0)
             (let ([k (sub1 key)])
               (loop (vector-ref trie (add1 (bitwise-and k 3))) (arithmetic-shift k -2)))))))

(define (trie-set trie key value)
  (let loop ([trie trie] [key key])
    (define node (if trie (vector-copy trie) (vector #f #f #f #f #f)))
    (if (eq? key 0)
        (vector-set! node 0 value)
        (let* ([k (sub1 key)] [slot (add1 (bitwise-and k 3))])
          (vector-set! node slot (loop (vector-ref node slot) (arithmetic-shift k -2)))))
    node))

(define (vector-copy v)
  (vector (vector-ref v 0) (vector-ref v 1) (vector-ref v 2) (vector-ref v 3) (vector-ref v 4)))

(define (trie-remove trie key)
  (if (trie-ref trie key) (trie-set trie key #f) trie))

;; (trie-fold trie combine init): combine is called with key, value, accumulator; keys in no fixed order.
(define (trie-fold trie combine init)
  ;; a node at `base` with `step` holds key `base`; its child i holds base + step·(i+1) with step·4
  (let loop ([trie trie] [base 0] [step 1] [acc init])
    (if (not trie)
        acc
        (for/fold ([acc (if (vector-ref trie 0) (combine base (vector-ref trie 0) acc) acc)])
                  ([i (in-range 4)])
          (loop (vector-ref trie (add1 i)) (+ base (* step (add1 i))) (* step 4) acc)))))

(module+ test
  (require rackunit)
  (define keys (for/list ([i 300]) (modulo (* i 7919) 1009)))
  (define built (for/fold ([t trie-empty]) ([k keys]) (trie-set t k (list k))))
  (for ([k keys]) (check-equal? (trie-ref built k) (list k)))
  (check-false (trie-ref built 5000))
  (check-false (trie-ref (trie-remove built (car keys)) (car keys)))
  (check-equal? (sort (trie-fold built (λ (k v acc) (cons k acc)) '()) <)
                (sort (for/list ([k (in-hash-keys (for/hasheqv ([k keys]) (values k #t)))]) k) <)))
