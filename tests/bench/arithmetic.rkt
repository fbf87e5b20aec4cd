#lang racket/base
;; The speed of integer constraints: racket tests/bench/arithmetic.rkt [--runs N] Lists the networks
;; of CNN-28 (tests/racket/cnn28.rkt) and proves that some bounds have none. CPU milliseconds, median
;; of N runs in one process, each order of labelling; `scaled` is what they would be on a machine
;; where (fib 36) takes 160 ms, as measured in between. `target` is on that machine.

(require racket/list
         "../../racket/kanren/integers/arithmetic.rkt" "../racket/cnn28.rkt" "cnn28.rkt")

(define reference-fib 160)

(define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))

(define (fib-ms)
  (define start (current-process-milliseconds))
  (fib 36)
  (- (current-process-milliseconds) start))

(define (with-parameters bounds channels hidden pmin pmax)
  (append (take bounds 3) (list channels (fifth bounds) hidden (seventh bounds) pmin pmax)))

;; A Workload is (list NAME DEPTHS BOUNDS CONV1? SOLUTIONS TARGET-MS).
(define workloads
  (list (list "conv1" '() (with-parameters small (range 1 17) '() 0 0) #t 337 20)
        (list "tiny" '(1) (with-parameters small '(4 8 16) '(16 32) 0 5000) #f 19 #f)
        (list "small" '(1 2) small #f 35989 1000)
        (list "unsat" '(1 2 3)
              (with-parameters small (fourth small) (sixth small) 49995 50000) #f 0 500)))

(define (median ns) (list-ref (sort ns <) (quotient (length ns) 2)))
(define (right x width)
  (define s (if (string? x) x (number->string x)))
  (string-append (make-string (max 0 (- width (string-length s))) #\space) s))
(define (left s width) (string-append s (make-string (max 0 (- width (string-length s))) #\space)))

(define (report workload order runs)
  (define-values (name depths bounds conv1? solutions target) (apply values workload))
  (define start (propagations))
  (define results
    (for/list ([_ runs])
      (define before (fib-ms))
      (define-values (sums nodes ms)
        (measure depths bounds #:conv1? conv1? #:order order #:fold add-row #:init no-rows))
      (define reference (/ (+ before (fib-ms)) 2))
      (unless (= (first sums) solutions)
        (raise-user-error 'bench-arithmetic "~a: ~a solutions, expected ~a"
                          name (first sums) solutions))
      (list ms (* ms (/ reference-fib reference)) nodes)))
  (define ms (median (map first results)))
  (define propagated (/ (- (propagations) start) runs))
  (printf "~a ~a ~a ~a ~a ~a ~a ~a ~a\n"
          (left name 6) (left (symbol->string order) 10) (right solutions 9) (right ms 6)
          (right (inexact->exact (round (median (map second results)))) 6) (right (or target "-") 6)
          (right (third (first results)) 7) (right propagated 12)
          (right (if (> ms 0) (inexact->exact (round (/ propagated ms 1/1000))) "-") 14)))

(module+ main
  (require racket/cmdline)
  (define runs 5)
  (command-line
   #:program "arithmetic"
   #:once-each
   ["--runs" n "runs of each workload (5)"
             (set! runs (string->number n))
             (unless (exact-positive-integer? runs)
               (raise-user-error 'bench-arithmetic "--runs: got ~s, expected 1 or more" n))]
   #:args () (void))
  (printf "Racket ~a, ~a, (fib 36) ~a ms\n" (version) (system-type 'arch) (fib-ms))
  (printf "~a ~a ~a ~a ~a ~a ~a ~a ~a\n" (left "" 6) (left "order" 10) (right "solutions" 9)
          (right "ms" 6) (right "scaled" 6) (right "target" 6) (right "nodes" 7)
          (right "propagations" 12) (right "propagations/s" 14))
  (for* ([w (in-list workloads)] [order (in-list '(given first-fail bisect))])
    (report w order runs)))
