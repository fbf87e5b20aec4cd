#lang racket/base
;; Lists the networks of CNN-28 (tests/racket/cnn28.rkt). The last line printed is
;;
;;     count=N sum=HEX xor=HEX nodes=N cpu_ms=N
;;
;; nodes are the alternatives entered: values tried and disjuncts taken, dead ones included.

(require racket/list racket/string
         "../../racket/kanren/core/label.rkt" "../../racket/kanren/main.rkt"
         "../../racket/search/frontier.rkt" "../racket/cnn28.rkt")
(provide measure)

(define (fail message . arguments)
  (eprintf "cnn28: ~a\n" (apply format message arguments))
  (exit 2))

(define (parse-integer option text)
  (define n (string->number text))
  (unless (exact-integer? n) (fail "~a: got ~s, expected an integer" option text))
  n)

(define (parse-integers option text)
  (for/list ([part (in-list (string-split text "," #:trim? #f))]) (parse-integer option part)))

(define (parse-depths text)
  (define ends (map (λ (part) (parse-integer '--layers part)) (string-split text ".." #:trim? #f)))
  (unless (and (pair? ends) (<= (length ends) 2) (<= 1 (first ends) (last ends)))
    (fail "--layers: got ~s, expected N or A..B with 1 <= A <= B" text))
  (range (first ends) (add1 (last ends))))

(define (parse-policy text)
  (cond [(member text '("stream" "fair")) (string->symbol text)]
        [(regexp-match #px"^random:(\\d+)$" text)
         => (λ (found) (modulo (string->number (cadr found)) (expt 2 31)))]
        [else (fail "--policy: got ~s, expected stream, fair or random:SEED" text)]))

(define (parse-order text)
  (unless (member text '("given" "first-fail" "bisect"))
    (fail "--label: got ~s, expected given, first-fail or bisect" text))
  (string->symbol text))

;; foldl over the answers of a query under a policy: 'stream, 'fair, or a seed for picks at random.
(define (fold-policy combine init stream policy)
  (if (eq? policy 'stream)
      (fold-answers combine init #f stream #t #f)
      (let ([f (make-frontier stream)])
        (case policy
          [(fair) (let loop ()
                    (define i (oldest-choice f))
                    (when i (expand f i) (loop)))]
          [else (expand-at-random! f policy)])
        (foldl combine init (answers f)))))

(define (expand-at-random! f seed)
  (define generator (make-pseudo-random-generator))
  (parameterize ([current-pseudo-random-generator generator]) (random-seed seed))
  ;; a growing array: the choice picked is replaced by the last one
  (let loop ([open (make-vector 1024 0)] [count 1])
    (when (> count 0)
      (define i (random count generator))
      (define index (vector-ref open i))
      (vector-set! open i (vector-ref open (sub1 count)))
      (define born (case (expand f index)
                     [(choices) (open-children f index)]
                     [(unfinished) (list index)]
                     [else '()]))
      (define total (+ (sub1 count) (length born)))
      (define room
        (if (<= total (vector-length open))
            open
            (let ([larger (make-vector (* 2 total) 0)]) (vector-copy! larger 0 open) larger)))
      (for ([b (in-list born)] [at (in-naturals (sub1 count))]) (vector-set! room at b))
      (loop room total))))

;; -> foldl of combine over the rows found, nodes, CPU milliseconds
(define (measure depths bounds #:conv1? [conv1? #f] #:policy [policy 'stream] #:order [order 'given]
                 #:fold [combine cons] #:init [init '()])
  (collect-garbage)
  (define start-nodes (alternatives-entered))
  (define start (current-process-milliseconds))
  (define result
    (fold-policy
     combine init
     (if conv1?
         (query (row) (convolutionso row bounds order))
         (query (row) (networkso depths row bounds order)))
     policy))
  (define end (current-process-milliseconds))
  (values result
          (+ (- (alternatives-entered) start-nodes) (if conv1? 0 (length depths)))
          (- end start)))

(module+ main
  (require racket/cmdline)
  (define depths '(1 2))
  (define bounds (list->vector small))
  (define channels #f)
  (define conv1? #f)
  (define policy 'stream)
  (define order 'given)
  (define-syntax-rule (bound! i e) (vector-set! bounds i e))
  (command-line
   #:program "cnn28"
   #:once-each
   ["--layers" a..b "numbers of layers: N or A..B (1..2)" (set! depths (parse-depths a..b))]
   ["--kernels" ns "kernel sizes (1,3,5,7)" (bound! 0 (parse-integers '--kernels ns))]
   ["--strides" ns "strides (1,2)" (bound! 1 (parse-integers '--strides ns))]
   ["--paddings" ns "paddings (0,1,2,3)" (bound! 2 (parse-integers '--paddings ns))]
   ["--channels" ns "channels (4,8,16,32)" (set! channels (parse-integers '--channels ns))]
   ["--pools" ns "pooling (1,2)" (bound! 4 (parse-integers '--pools ns))]
   ["--hidden" ns "hidden widths (16,32,64,128)" (bound! 5 (parse-integers '--hidden ns))]
   ["--amax" n "most activations of a layer (4096)" (bound! 6 (parse-integer '--amax n))]
   ["--pmin" n "fewest parameters (0)" (bound! 7 (parse-integer '--pmin n))]
   ["--pmax" n "most parameters (50000)" (bound! 8 (parse-integer '--pmax n))]
   ["--conv1" "one convolution alone, 1 to 16 channels: no pool, head or budget" (set! conv1? #t)]
   ["--policy" p "stream, fair or random:SEED (stream)" (set! policy (parse-policy p))]
   ["--label" o "given, first-fail or bisect (given)" (set! order (parse-order o))]
   #:args () (void))
  (bound! 3 (or channels (if conv1? (range 1 17) (fourth small))))
  (define-values (sums nodes ms)
    (measure depths (vector->list bounds) #:conv1? conv1? #:policy policy #:order order
             #:fold add-row #:init no-rows))
  (printf "count=~a sum=~a xor=~a nodes=~a cpu_ms=~a\n"
          (first sums) (number->string (second sums) 16) (number->string (third sums) 16) nodes ms))
