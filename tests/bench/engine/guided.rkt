#lang racket/base
;; The workloads of the guided search. A thunk measures by itself, and returns its figure and a note.

(require racket/list
         "../../../racket/kanren/main.rkt" "../../../racket/search/frontier.rkt"
         "../../racket/programs/evaluator.rkt")
(provide workloads)

;; A program that makes three of each thing in its list, from examples.
(define (synthesis pairs)
  (query (p) (conj-all (for/list ([i (in-range pairs)])
                         (evalo `(app ,p '(,i)) `(,i ,i ,i))))))

(define (conj-all goals)
  (for/fold ([all (car goals)]) ([g (in-list (cdr goals))]) (conj* all g)))

(define (milliseconds thunk)
  (define start (current-process-milliseconds))
  (thunk)
  (- (current-process-milliseconds) start))

;; Expands the oldest choice; prints its children.
(define (step! f print?)
  (define i (oldest-choice f))
  (define born (frontier-size f))
  (expand f i)
  (when print?
    (for ([child (in-range born (frontier-size f))] #:when (choice-open? f child))
      (choice-text f child))))

;; Steps a second with n unexpanded choices at the start, over frontiers that grow by half at most.
;; Twenty thousand steps in all, so that collections of the whole heap count with their share.
(define ((steps-a-second n print?))
  (define steps (max 10 (min 5000 (quotient n 8))))
  (define rounds (quotient 20000 steps))
  (define born 0)
  (define bytes 0)
  (define ms
    (for/sum ([_ (in-range rounds)])
      (define f (make-frontier (synthesis 2)))
      (let grow () (when (< (open-count f) n) (step! f #f) (grow)))
      (define before (frontier-size f))
      (begin0
        (milliseconds (λ () (for ([_ (in-range steps)]) (step! f print?))))
        (set! born (+ born (- (frontier-size f) before)))
        (when print?
          (for ([i (in-range before (frontier-size f))] #:when (choice-open? f i))
            (set! bytes (+ bytes (bytes-length (choice-text f i)))))))))
  (define total (* rounds steps))
  (values (/ (* 1000.0 total) (max 1 ms))
          (string-append
           (format "~a children a step" (decimal (/ born total)))
           (if print? (format ", ~a bytes each" (round (/ bytes born))) ""))))

(define (decimal x) (real->decimal-string x 1))

;; Microseconds of a choice text, for each 300 bytes of it.
(define ((text-of-300-bytes))
  (define f (make-frontier (synthesis 2)))
  (let grow () (when (< (open-count f) 20000) (step! f #f) (grow)))
  (define indices
    (for/list ([i (in-range 1000 (frontier-size f))] #:when (choice-open? f i)) i))
  (define ms (milliseconds (λ () (for ([i (in-list indices)]) (choice-text f i)))))
  (define bytes (for/sum ([i (in-list indices)]) (bytes-length (choice-text f i))))
  (values (/ (* 300 1000.0 ms) bytes)
          (format "~a choices of ~a bytes" (length indices)
                  (round (/ bytes (length indices))))))

;; About as many as `choices` lists, without listing them each time.
(define (open-count f)
  (define size (frontier-size f))
  (if (< size 3000) (length (choices f)) (quotient (* size 2) 3)))

;; Microseconds of one expansion at depth d of (evalo e e), always the last child.
(define ((expansion-at d))
  (define repeats 20)
  (define total
    (for/sum ([_ (in-range repeats)])
      (define f (make-frontier (query (e) (evalo e e))))
      (let down ([i 0] [depth 0] [ms 0.0])
        (define start (current-inexact-milliseconds))
        (define outcome (expand f i))
        (define now (- (current-inexact-milliseconds) start))
        (define spent (if (>= depth d) (+ ms now) ms))
        (cond
          [(= depth (+ d 4)) (/ spent 5)]
          [(eq? outcome 'choices) (down (last (open-children f i)) (add1 depth) spent)]
          [else (down (last (choices f)) (add1 depth) spent)]))))
  (values (/ (* 1000.0 total) repeats) ""))

;; Milliseconds of the first 50 expansions, oldest first, children printed.
(define ((first-expansions pairs))
  (define f (make-frontier (synthesis pairs)))
  (values (milliseconds (λ () (for ([_ (in-range 50)]) (step! f #t)))) ""))

;; The same, each time the last child: terms become shared graphs.
(define ((depth-first pairs))
  (define f (make-frontier (synthesis pairs)))
  (values (milliseconds
           (λ ()
             (for ([_ (in-range 200)])
               (define open (choices f))
               (when (pair? open)
                 (expand f (last open))
                 (define now (choices f))
                 (when (pair? now) (choice-text f (last now)))))))
          ""))

;; Peak megabytes over a million expansions with at most 100,000 nodes.
(define ((bounded-memory))
  (define f (make-frontier (synthesis 2) #:max-nodes 100000))
  (define peak 0)
  (for ([i (in-range 1000000)])
    (expand f (oldest-choice f))
    (when (eqv? 0 (remainder i 20000))
      (set! peak (max peak (current-memory-use)))))
  (values (/ peak 1e6) (format "~a choices born" (frontier-size f))))

;; A Workload is (list NAME TARGET UNIT THUNK).
(define workloads
  (append
   (for*/list ([print? (in-list '(#t #f))] [n (in-list '(10 1000 5000 100000))])
     (list (format "~a open~a" n (if print? ", printed" "")) (if print? 30000 100000) 'steps/s
           (steps-a-second n print?)))
   (list (list "text of 300 bytes" 4 'us (text-of-300-bytes)))
   (for/list ([d (in-list '(10 100 200))])
     (list (format "expansion at depth ~a" d) 100 'us (expansion-at d)))
   (for/list ([pairs (in-list '(1 3 10))])
     (list (format "50 expansions, ~a pairs" pairs) (and (= pairs 10) 1000) 'ms*
           (first-expansions pairs)))
   (list (list "depth first, 3 pairs" #f 'ms* (depth-first 3))
         (list "million expansions" #f 'MB (bounded-memory)))))
