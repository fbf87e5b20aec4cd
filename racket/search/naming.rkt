#lang racket/base
;; The variables of one text: what each stands for in the store, and what it is called.

(require racket/fixnum "../kanren/core/sharing.rkt" "../kanren/core/substitution.rkt"
         "../kanren/core/term.rkt")
(provide make-naming release-naming! look name-of! unnamed-variables)

;; A Naming remembers for each variable that was met, by its number, the term that it stands for
;; (`walked`) and the n of its name _.n, or a negative number while it has none (`names`): a variable
;; stands in a text several times, and looking it up here is many times faster than in the store.
;; `met` holds the numbers of the variables met, `count` of them, so that the tables can be used again
;; for the next text; `named` counts names. Numbers from `most-variables` on are looked up in the
;; store each time, and `far` has their names.
(struct naming ([store #:mutable] [walked #:mutable] [names #:mutable] [met #:mutable]
                [count #:mutable] [named #:mutable] [far #:mutable])
  #:authentic)

(define most-variables 65536)
(define unknown (string->uninterned-symbol "unknown"))

;; Making the tables costs more than a text does: the last one that was released is used again.
(define spare (box #f))

(define (make-naming store)
  (define n (unbox spare))
  (cond [(and n (box-cas! spare n #f)) (set-naming-store! n store) n]
        [else (naming store (make-vector 256 unknown) (make-fxvector 256 -1) (make-fxvector 256)
                      0 0 #f)]))

(define (release-naming! n)
  (define walked (naming-walked n))
  (define names (naming-names n))
  (define met (naming-met n))
  (for ([i (in-range (naming-count n))])
    (define id (fxvector-ref met i))
    (vector-set! walked id unknown)
    (fxvector-set! names id -1))
  (set-naming-store! n #f)
  (set-naming-count! n 0)
  (set-naming-named! n 0)
  (set-naming-far! n #f)
  (set-box! spare n))

;; The term, or what it stands for when it is a variable that is bound.
(define-syntax-rule (look n t)
  (let ([term t]) (if (var? term) (look-up n term) term)))

(define (look-up n v)
  (define id (var-id v))
  (define walked (naming-walked n))
  (cond
    [(fx< id (vector-length walked))
     (define known (vector-ref walked id))
     (if (eq? known unknown)
         (let ([t (walk/store v (naming-store n))])
           (meet! n id t)
           t)
         known)]
    [(fx< id most-variables) (grow! n id) (look-up n v)]
    [else (walk/store v (naming-store n))]))

(define (meet! n id t)
  (define count (naming-count n))
  (vector-set! (naming-walked n) id t)
  (fxvector-set! (naming-met n) count id)
  (set-naming-count! n (fx+ count 1)))

(define (grow! n id)
  (define size (let loop ([size 512]) (if (fx< id size) size (loop (fx* 2 size)))))
  (define (larger old) (for/fxvector #:length size #:fill -1 ([x (in-fxvector old)]) x))
  (define walked (make-vector size unknown))
  (vector-copy! walked 0 (naming-walked n))
  (set-naming-walked! n walked)
  (set-naming-names! n (larger (naming-names n)))
  (set-naming-met! n (larger (naming-met n))))

;; The n of an unbound variable's name _.n: the next one, where it has none yet.
(define (name-of! n v)
  (define id (var-id v))
  (define names (naming-names n))
  (cond
    [(fx< id (fxvector-length names))
     (define name (fxvector-ref names id))
     (cond
       [(fx>= name 0) name]
       [else
        (when (eq? (vector-ref (naming-walked n) id) unknown) (meet! n id v))
        (define new (next-name! n))
        (fxvector-set! names id new)
        new])]
    [(fx< id most-variables) (grow! n id) (name-of! n v)]
    [else
     (unless (naming-far n) (set-naming-far! n (make-hasheqv)))
     (hash-ref! (naming-far n) id (λ () (next-name! n)))]))

(define (next-name! n)
  (define name (naming-named n))
  (set-naming-named! n (fx+ name 1))
  name)

;; The unbound variables of a term in order of appearance; asked once, before any has a name.
(define (unnamed-variables n t)
  (define visits (make-visits))
  (define far (make-hasheqv))
  (define (first-time? v)
    (define id (var-id v))
    (cond
      [(fx< id (fxvector-length (naming-names n)))
       (and (eqv? -1 (fxvector-ref (naming-names n) id))
            (begin (when (eq? (vector-ref (naming-walked n) id) unknown) (meet! n id v))
                   (fxvector-set! (naming-names n) id -2)
                   #t))]
      [else (and (not (hash-ref far id #f))
                 (begin (hash-set! far id #t) #t))]))
  (reverse
   (let loop ([t (look n t)] [found '()])
     (cond [(pair? t)
            (if (first-visit? visits t)
                (loop (look n (cdr t)) (loop (look n (car t)) found))
                found)]
           [(var? t) (if (first-time? t) (cons t found) found)]
           [(vector? t)
            (if (first-visit? visits t)
                (for/fold ([found found]) ([e (in-vector t)]) (loop (look n e) found))
                found)]
           [else found]))))
