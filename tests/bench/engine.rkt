#lang racket/base
;; The speed of the engine: racket tests/bench/engine.rkt [--runs N] [NAME …]
;; Each workload runs in fresh processes; what is printed is the median. Times are CPU milliseconds,
;; and `scaled` is what they would be on a machine where (fib 36) takes 160 ms, as measured in the
;; same process. The reference is faster-miniKanren's time on such a machine.

(require racket/list racket/port racket/runtime-path racket/system)

(define-runtime-path stream-workloads "engine/stream.rkt")
(define-runtime-path guided-workloads "engine/guided.rkt")

(define reference-fib 160)

(define (workloads file) (dynamic-require file 'workloads))

;; A Workload is (list NAME REFERENCE UNIT THUNK). Where UNIT is ms, the thunk's CPU time is the
;; figure, and it returns a note; else it measures by itself and returns its figure and a note.
(define (find-workload name)
  (or (for*/or ([file (list stream-workloads guided-workloads)])
        (assoc name (workloads file)))
      (raise-user-error 'bench-engine "unknown workload ~a" name)))

(define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))

(define (cpu thunk)
  (define gc (current-gc-milliseconds))
  (define start (current-process-milliseconds))
  (define result (thunk))
  (values result (- (current-process-milliseconds) start) (- (current-gc-milliseconds) gc)))

;; The child's part: prints (FIGURE GC FIB NOTE).
(define (run-one name)
  (define workload (find-workload name))
  (define thunk (cadddr workload))
  (define-values (f before g1) (cpu (λ () (fib 36))))
  (collect-garbage)
  (define note #f)
  (define figure #f)
  (define-values (result ms gc)
    (cpu (λ ()
           (if (eq? (caddr workload) 'ms)
               (set! note (thunk))
               (set!-values (figure note) (thunk))))))
  (define-values (f2 after g2) (cpu (λ () (fib 36))))
  (write (list (or figure ms) gc (/ (+ before after) 2.0) note)))

(define (run-child name)
  (define text
    (with-output-to-string
      (λ ()
        (unless (system* (find-exe) (path->string this-file) "--one" name)
          (raise-user-error 'bench-engine "the workload ~a failed" name)))))
  (read (open-input-string text)))

(define-runtime-path this-file "engine.rkt")
(define (find-exe) (find-executable-path "racket"))

(define (median ns) (list-ref (sort ns <) (quotient (length ns) 2)))

(define (pad s n) (string-append s (make-string (max 0 (- n (string-length s))) #\space)))
(define (lpad s n) (string-append (make-string (max 0 (- n (string-length s))) #\space) s))
(define (decimals x)
  (define n (inexact->exact (round (* 100 x))))
  (format "~a.~a" (quotient n 100) (lpad-zero (remainder n 100))))
(define (lpad-zero n) (if (< n 10) (format "0~a" n) (format "~a" n)))

(define (report workload runs)
  (define name (car workload))
  (define reference (cadr workload))
  (define unit (caddr workload))
  (define results (for/list ([_ (in-range runs)]) (run-child name)))
  (define (scaled r)
    (case unit
      [(MB) (car r)]
      [(steps/s) (/ (car r) (/ reference-fib (caddr r)))]
      [else (* (car r) (/ reference-fib (caddr r)))]))
  (define middle (median (map scaled results)))
  (define r (argmin (λ (r) (abs (- (scaled r) middle))) results))
  (printf "~a ~a ~a ~a ~a ~a ~a ~a  ~a\n"
          (pad name 26)
          (lpad (whole (car r)) 8)
          (pad (if (eq? unit 'ms*) "ms" (symbol->string unit)) 8)
          (lpad (whole (cadr r)) 6)
          (lpad (whole (caddr r)) 5)
          (lpad (whole middle) 8)
          (lpad (if reference (number->string reference) "-") 9)
          (lpad (if (and reference (> reference 0)) (decimals (/ middle reference)) "-") 6)
          (cadddr r))
  (flush-output))

(define (whole x) (number->string (inexact->exact (round x))))

(module+ main
  (require racket/cmdline)
  (define runs 3)
  (define one #f)
  (define names
    (command-line
     #:program "bench-engine"
     #:once-each
     [("--runs") n "fresh processes per workload (3)" (set! runs (string->number n))]
     [("--one") name "run one workload in this process" (set! one name)]
     #:args names names))
  (cond
    [one (run-one one)]
    [else
     (define all (append (workloads stream-workloads) (workloads guided-workloads)))
     (define chosen
       (if (null? names) all (filter (λ (w) (member (car w) names)) all)))
     (printf "~a, Racket ~a\n" (system-type 'arch) (version))
     (printf "~a ~a ~a ~a ~a ~a ~a ~a\n" (pad "workload" 26) (lpad "figure" 8) (pad "unit" 8)
             (lpad "gc" 6) (lpad "fib" 5) (lpad "scaled" 8) (lpad "reference" 9) (lpad "ratio" 6))
     (for ([w (in-list chosen)]) (report w runs))]))
