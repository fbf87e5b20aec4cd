#lang racket/base
;; A persistent map from natural numbers to values, for stores keyed by variable or constraint number.

(require racket/fixnum)
(provide trie-empty trie-ref trie-set trie-remove trie-fold)

;; A Trie is (vector VALUE T0 T1 T2 T3), where an empty Ti is #f.
;; The value of key 0 stands in the node itself; key n > 0 stands in child (n-1) mod 4 under key
;; (n-1) div 4, so a dense range of n keys is about log4 n deep. VALUE is #f where
;; a key is absent: #f cannot be stored, and no Trie is #f.

(define trie-empty (vector #f #f #f #f #f))

(define (trie-ref trie key)
  (let loop ([trie trie] [key key])
    (and trie
         (if (eq? key 0)
             (vector-ref trie 0)
             (let ([k (fx- key 1)])
               (loop (vector-ref trie (fx+ 1 (fxand k 3))) (fxrshift k 2)))))))

(define (trie-set trie key value)
  (cond
    [(eq? key 0)
     (if trie
         (vector value (vector-ref trie 1) (vector-ref trie 2) (vector-ref trie 3) (vector-ref trie 4))
         (vector value #f #f #f #f))]
    [else
     (define k (fx- key 1))
     (define rest (fxrshift k 2))
     (if trie
         (let ([v (vector-ref trie 0)] [a (vector-ref trie 1)] [b (vector-ref trie 2)]
               [c (vector-ref trie 3)] [d (vector-ref trie 4)])
           (case (fxand k 3)
             [(0) (vector v (trie-set a rest value) b c d)]
             [(1) (vector v a (trie-set b rest value) c d)]
             [(2) (vector v a b (trie-set c rest value) d)]
             [else (vector v a b c (trie-set d rest value))]))
         (let ([child (trie-set #f rest value)])
           (case (fxand k 3)
             [(0) (vector #f child #f #f #f)]
             [(1) (vector #f #f child #f #f)]
             [(2) (vector #f #f #f child #f)]
             [else (vector #f #f #f #f child)])))]))

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
