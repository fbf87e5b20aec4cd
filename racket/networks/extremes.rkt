#lang racket/base
;; The answer with the least or the greatest third value of a query: branch and bound on the domain
;; that the constraints leave to it.

(require racket/list "../kanren/main.rkt" (except-in "../search/frontier.rkt" answers) "ask.rkt")
(provide best-answer)

;; Choices are expanded in the order of the best value that they may come to, so that the first answer
;; is the best one where the bounds are tight. Where they are not (most networks may still grow up to
;; the budget), every so many steps a dive goes from the root down to an answer, by the choices that
;; have the best bound, or have spent the most. Whatever cannot beat the best answer so far is closed.
(define steps-a-dive 16)
(define patience 40)                   ; dead ends that end a dive

;; -> the best answer found, or #f, and whether there is no better one; DIRECTION is 'smallest or
;; 'largest. Ends after so many seconds.
(define (best-answer f direction seconds)
  (parameterize ([current-pseudo-random-generator (seeded-generator 0)])
    (search f direction seconds)))

(define (search f direction seconds)
  (define end (deadline seconds))
  (define smallest? (eq? direction 'smallest))
  (define best #f)

  (define (take-answer!)
    (define answer (newest-answer f))
    (define value (third answer))
    (when (or (not best) (if smallest? (< value (third best)) (> value (third best))))
      (set! best answer)))
  ;; Leaves only what beats the best answer. -> is something left?
  (define (cut! i)
    (and (choice-open? f i)
         (or (not best)
             (restrict-choice! f i
                               (domfd (value-of f i)
                                      (if smallest?
                                          (interval -inf (- (third best) 1))
                                          (interval (+ (third best) 1) +inf)))))))
  (define (promise i)                  ; the less the better
    (define-values (least most) (bounds f i))
    (if smallest? least (- most)))
  (define (greed i)
    (define-values (least most) (bounds f i))
    (if smallest? least (- least)))

  (define (dive)
    (let down ([i 0] [turns 0])
      (unless (or (> turns patience) (not (choice-open? f 0)) (< (seconds-until end) 0))
        (case (expand f i)
          [(choices)
           (define open (open-children f i))
           (define c (if (= 0 (random 4)) (car (shuffle open)) (argmin greed (shuffle open))))
           (if (cut! c) (down c turns) (down (nearest-open f c) (add1 turns)))]
          [(unfinished) (down i turns)]
          [(answer) (take-answer!) (down (nearest-open f i) turns)]
          [else (down (nearest-open f i) (add1 turns))]))))

  (let loop ([open (add empty-heap (promise 0) 0)] [steps 1])
    (when (= 0 (remainder steps steps-a-dive)) (dive))
    (cond
      [(or (not open) (not (choice-open? f 0))) (values best #t)]
      [(< (seconds-until end) 0) (values best #f)]
      [else
       (define i (least open))
       (define others (without-least open))
       (cond
         [(not (cut! i)) (loop others (add1 steps))]
         [else
          (case (expand f i)
            [(choices)
             (loop (for/fold ([open others]) ([c (in-list (open-children f i))])
                     (add open (promise c) c))
                   (add1 steps))]
            [(unfinished) (loop (add others (promise i) i) (add1 steps))]
            [(answer) (take-answer!) (loop others (add1 steps))]
            [else (loop others (add1 steps))])])])))

(define (value-of f i)
  (define-values (answer look) (choice-answer f i))
  (define (nth t n)
    (let ([t (look t)])
      (if (= n 0) (look (car t)) (nth (cdr t) (- n 1)))))
  (nth answer 2))

;; Between what the value of a choice lies.
(define (bounds f i) (choice-bounds f i (value-of f i)))

;; A heap is #f or (list KEY ITEM HEAP …), a pairing heap: KEY is the least of all, and of equal keys
;; the item that was added last comes first.
(define empty-heap #f)
(define (add heap key item) (meld (list key item) heap))
(define least cadr)
(define (without-least heap)
  (let pair-up ([heaps (cddr heap)])
    (cond [(null? heaps) #f]
          [(null? (cdr heaps)) (car heaps)]
          [else (meld (meld (car heaps) (cadr heaps)) (pair-up (cddr heaps)))])))
(define (meld a b)
  (cond [(not a) b]
        [(not b) a]
        [(<= (car a) (car b)) (list* (car a) (cadr a) b (cddr a))]
        [else (list* (car b) (cadr b) a (cddr b))]))
