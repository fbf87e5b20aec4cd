#lang racket/base
;; Architectures of a space drawn by chance, spread over the numbers of layers that the space has.

(require "../search/frontier.rkt" "ask.rkt" "kinds.rkt")
(provide random-answers)

;; A draw first takes a number of layers, each between the fewest and the most seen so far with equal
;; chances, and then walks down from the root, each step to one of the open choices with equal
;; chances, to a network with at least so many layers. Where there is none it turns back; a walk that
;; has turned back more than `patience` times takes the largest network that it met. (One that takes
;; whatever comes ends early: half of all networks of cnn would have one convolution.)
(define patience 12)

;; Walks before the first draw that tell the fewest and the most layers; so many for each. What they
;; find comes last.
(define probes 4)

;; Calls (found ANSWER) for answers drawn by chance until it gives #f, until all were found, or until
;; so many seconds went by without one. No answer is found twice. -> 'exhausted, 'stopped or 'timeout
(define (random-answers f seed found #:seconds [seconds +inf.0])
  (define end (deadline seconds))
  (define generator (seeded-generator seed))
  (define (chance n) (random n generator))
  (define fewest +inf.0)
  (define most 0)

  ;; -> an answer, or #f when nothing is left
  (define (walk wanted)
    (define rejected (make-hasheqv))
    (define largest #f)                ; a choice whose layers are all known
    (define largest-layers 0)
    (define (note! layers)
      (when (< layers fewest) (set! fewest layers))
      (when (> layers most) (set! most layers)))
    (define (fits? i)
      (define-values (layers whole?) (layers-known f i))
      (when whole?
        (note! layers)
        (when (> layers largest-layers)
          (set! largest i)
          (set! largest-layers layers)))
      (or (not whole?) (>= layers wanted)))
    (let down ([i 0] [turns 0])
      (define (turn-back)
        (hash-set! rejected i #t)
        (down (for/fold ([i i]) ([_ (in-range (+ 1 (quotient turns 8)))]) (nearest-open f i))
              (add1 turns)))
      (cond
        [(or (not (choice-open? f 0)) (< (seconds-until end) 0)) #f]
        [(or (> turns patience) (hash-ref rejected 0 #f))
         (set! wanted 0)
         (hash-clear! rejected)
         (down (if (and largest (choice-open? f largest)) largest 0) 0)]
        [else
         (case (expand f i)
           [(choices)
            (let try ([open (filter (λ (c) (not (hash-ref rejected c #f))) (open-children f i))])
              (cond [(null? open) (turn-back)]
                    [else (define c (list-ref open (chance (length open))))
                          (cond [(fits? c) (down c turns)]
                                [else (hash-set! rejected c #t)
                                      (try (remv c open))])]))]
           [(answer)
            (define answer (newest-answer f))
            (define-values (layers _) (count-layers answer values))
            (note! layers)
            answer]
           [(unfinished) (down i turns)]
           [else (turn-back)])])))

  (define kept
    (for*/list ([wanted (in-list '(0 +inf.0))] [_ (in-range probes)]
                [answer (in-value (walk wanted))] #:when answer)
      answer))
  (let loop ()
    (define answer
      (and (choice-open? f 0) (<= fewest most) (walk (+ fewest (chance (- (+ most 1) fewest))))))
    (cond
      [answer
       (set! end (deadline seconds))
       (if (found answer) (loop) 'stopped)]
      [(not (for/and ([a (in-list kept)]) (found a))) 'stopped]
      [(choice-open? f 0) 'timeout]
      [else 'exhausted])))

;; How many layers the architecture of a choice has so far, those in branches included, and whether
;; no more can come.
(define (layers-known f i)
  (define-values (answer look) (choice-answer f i))
  (count-layers answer look))

;; The same of an answer, or of a term whose parts `walked` looks up.
(define (count-layers answer walked)
  (define whole? #t)
  (define (open! n) (set! whole? #f) n)
  (define (layers-in t)
    (let loop ([t (walked t)] [n 0])
      (cond [(pair? t) (loop (walked (cdr t)) (+ n (layers-at (walked (car t)))))]
            [(null? t) n]
            [else (open! n)])))
  (define (layers-at layer)
    (cond [(not (pair? layer)) (open! 1)]
          [(holds-layers? (walked (car layer)))
           (let loop ([t (walked (cdr layer))] [n 1])
             (cond [(pair? t) (loop (walked (cdr t)) (+ n (layers-in (car t))))]
                   [(null? t) n]
                   [else (open! n)]))]
          [else 1]))
  (define (holds-layers? name)
    (define k (hash-ref kinds name #f))
    (and k (kind-join k)))
  (define (nth t n)                     ; #f where it is not known, or there is none
    (let ([t (walked t)])
      (and (pair? t) (if (= n 0) (walked (car t)) (nth (cdr t) (- n 1))))))
  (define network (nth answer 0))       ; an architecture, or (network ARCHITECTURE TRAINING)
  (define n (layers-in (nth (if (eq? 'network (nth network 0)) (nth network 1) network) 2)))
  (values n whole?))
