#lang racket/base
;; The search spaces: the relations answer forwards and backwards, and budgets hold.

(require racket/list (only-in racket/match match match-define) (except-in rackunit fail)
         "../../racket/kanren/main.rkt" "../../racket/networks/layers.rkt"
         "../../racket/networks/search.rkt" "../../racket/networks/shapes.rkt"
         "../../racket/networks/space.rkt" "../../racket/search/frontier.rkt")

(define (all-answers f)
  (let loop ()
    (define i (oldest-choice f))
    (cond [i (expand f i) (loop)] [else (answers f)])))

;; n architectures, each by a walk of random picks from the root
(define (walks f n)
  (random-seed 0)
  (let loop ([found 0])
    (when (and (< found n) (not (eq? 'closed (choice-status f 0))))
      (let walk ([i 0])
        (case (expand f i)
          [(choices) (let ([open (open-children f i)])
                       (walk (list-ref open (random (length open)))))]
          [(answer) (loop (add1 found))]
          [else (loop found)]))))
  (answers f))

(test-case "a window: 28 pixels, kernel 5, stride 2, padding 1 give 13"
  (check-equal? (run* (o) (windowo 28 5 2 1 o)) '(13))
  (check-equal? (run* (k) (infd k (interval 1 28)) (windowo 28 k 1 0 24)) '(5))
  (check-equal? (run* (o) (windowo 4 7 1 1 o)) '()))

(test-case "a convolution's parameters, and the channels that a number of parameters allows"
  (check-equal? (run* (out p) (conv2do '(conv2d 3 16 3 1 1) '(3 32 32) out p))
                '(((16 32 32) 448)))
  (check-equal? (run* (c) (fresh (out) (conv2do `(conv2d 3 ,c 3 1 1) '(3 32 32) out 448))) '(16)))

(test-case "linear and flatten, forwards and backwards"
  (check-equal? (run* (out) (flatteno '(flatten) '(16 4 4) out)) '((256)))
  (check-equal? (run* (p) (fresh (out) (linearo '(linear 256 10) '(256) out p))) '(2570))
  (check-equal? (run* (in) (fresh (out) (linearo `(linear ,in 10) (list in) out 2570))) '(256)))

;; Parameters, recounted layer by layer from the text.
(define (parameters layers)
  (for/sum ([layer layers])
    (match layer
      [`(conv2d ,in ,out ,k ,_ ,_) (+ (* k k in out) out)]
      [`(batch-norm2d ,c) (* 2 c)]
      [`(linear ,in ,out) (+ (* in out) out)]
      [_ 0])))

(test-case "cnn: 300 random networks keep the budget, and their parameters are counted right"
  (define f (space-frontier (load-space "cnn") #:input '(1 8 8) #:budgets '((params 0 20000))))
  (define found (walks f 300))
  (check-equal? (length found) 300)
  (for ([answer found])
    (match-define `((architecture (input 1 8 8) ,layers) ,total) answer)
    (check-equal? total (parameters layers))
    (check-true (<= total 20000))
    (check-equal? (last (last layers)) 10)))

(test-case "cnn: no network meets a budget of 100 parameters, and that is proven at once"
  (check-equal? (all-answers
                 (space-frontier (load-space "cnn") #:input '(1 8 8) #:budgets '((params 0 100))))
                '()))

(test-case "nas-bench-201: 15,625 cells, each once, with the benchmark's names and parameters"
  (define space (load-space "nas-bench-201"))
  (define found (all-answers (space-frontier space)))
  (check-equal? (length found) 15625)
  (define keys (for/hash ([a found]) (values ((space-table-key space) (first a)) (second a))))
  (check-equal? (hash-count keys) 15625)
  (check-equal? (hash-ref keys "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|") 73306)
  (check-equal? (argmax values (hash-values keys)) 1531546))

(test-case "what is no space is one line for a person"
  (check-exn #rx"unknown space 'nope': expected one of cnn" (λ () (load-space "nope")))
  (check-exn #rx"no such space file" (λ () (load-space "/tmp/is/not/there.rkt"))))

(module* test #f)      ; raco test runs what stands above
