#lang racket/base
;; Many steps of the stream search at once: the same answers in the same order as stream.rkt's `step`,
;; without building the streams in between.

(require racket/fixnum "goal.rkt" "label.rkt" "store.rkt" "stream.rkt")
(provide mature stream-take
         check-count
         advance advance-goal bind-next delayed spent-stream)

;; (advance s n) is n steps of the stream s, or fewer if it matures before: -> Stream, steps used.
;; Where the result is mature, `used` says at which step it became so; where it is not, `used` is n.
;;
;; An mplus steps its left stream and swaps, so n steps of it are ⌈n/2⌉ of the left stream and ⌊n/2⌋
;; of the right one, as long as neither matures. Each may be advanced on its own, and where one
;; matures the arithmetic of turns tells what the other has had by then. If that is less than it was
;; given, it is ahead: it becomes an `ahead` stream, which lets as many steps pass before it goes on.

;; -- answers ------------------------------------------------------------------------------------

;; How many steps are taken at once, at first and at most. The number starts again after an answer, so
;; that little is done beyond the last answer that is asked for.
(define first-batch 64)
(define largest-batch 65536)

(define (mature s)
  (let loop ([s s] [n first-batch])
    (if (mature? s)
        s
        (let-values ([(s used) (advance s n)])
          (loop s (fxmin largest-batch (fx+ n (fxrshift n 1))))))))

;; The first n answers of a stream (all of them when n is #f), as states.
(define (stream-take n s)
  (check-count n)
  (let loop ([n n] [s s] [found '()])
    (if (eqv? n 0)
        (reverse found)
        (let ([s (mature s)])
          (if s
              (loop (and n (sub1 n)) (cdr s) (cons (car s) found))
              (reverse found))))))

;; How many answers are asked for?
(define (check-count n)
  (unless (or (not n) (exact-nonnegative-integer? n))
    (raise-arguments-error 'run "expected a number of answers, or #f for all" "got" n)))

;; -- streams ------------------------------------------------------------------------------------

(define (advance s n)
  (cond
    [(pause? s) (advance-goal (pause-state s) (pause-goal s) n)]
    [(bind? s)
     (define inner (bind-stream s))
     (define-values (t used) (if (mature? inner) (values inner 1) (advance inner n)))
     (bind-next t used (bind-goal s) n)]
    [(mplus? s)
     (define left (mplus-left s))
     (define right (mplus-right s))
     (cond
       [(not left) (continue right 1 n)]
       [(pair? left) (values (cons (car left) (mplus right (cdr left))) 1)]
       [else (interleave (λ (k) (advance left k)) right n)])]
    [(labelling? s)
     (let loop ([s s] [used 0])
       (if (or (fx= used n) (mature? s))
           (values s used)
           (loop (labelling-step s) (fx+ used 1))))]
    [(ahead? s)
     (define steps (ahead-steps s))
     (if (fx< n steps)
         (values (ahead (fx- steps n) (ahead-stream s)) n)
         (continue (ahead-stream s) steps n))]
    [else (values s 0)]))

;; Steps of s that follow `spent` others, n in all.
(define (continue s spent n)
  (if (or (fx= spent n) (mature? s))
      (values s spent)
      (let-values ([(s used) (advance s (fx- n spent))])
        (values s (fx+ spent used)))))

;; n steps of an mplus, where (left k) gives the first k steps of its left stream, which is not
;; mature.
(define-syntax-rule (interleave left right n)
  (let ([k (half-up n)])
    (let-values ([(a i) (left k)])
      (meet a i right n k))))

(define (half-up n) (fxrshift (fx+ n 1) 1))

;; The left stream became a at its step i (of k at most).
(define (meet a i right n k)
  (cond
    [(not a)
     (if (fx= i 1)
         (continue right 1 n)
         (let-values ([(b j) (turns right (fx- n i))])
           (cond [(and (pair? b) (fx< j i)) (right-answer a i b j)]
                 [else (values b (fx+ i j))])))]
    [(pair? a)
     (define (answer b) (cons (car a) (mplus b (cdr a))))
     (if (fx= i 1)
         (values (answer right) 1)
         (let-values ([(b j) (turns right (fx- i 1))])
           (cond [(not b) (values a (fx+ i j))]
                 [(pair? b) (right-answer a i b j)]
                 [else (values (answer b) (fx- (fx* 2 i) 1))])))]
    [(fx= n 1) (values (mplus right a) 1)]
    [else
     (define-values (b j) (turns right (fx- n k)))
     (cond
       [(not b)
        (define more (fx- (fx- n j) k))
        (if (fx= more 0)
            (values a n)
            (let-values ([(a used) (advance a more)])
              (values a (fx+ (fx+ k used) j))))]
       [(pair? b) (right-answer a k b j)]
       [(fx= k (fx- n k)) (values (mplus a b) n)]
       [else (values (mplus b a) n)])]))

;; n steps of the right stream of an mplus: a mature one is found to be so at its first turn.
(define (turns s n)
  (if (mature? s) (values s 1) (advance s n)))

;; The right stream answered at its step j, when the left one had had as many; a is where i steps took
;; it.
(define (right-answer a i b j)
  (define left (if (fx= i j) a (ahead (fx- i j) a)))
  (values (cons (car b) (mplus left (cdr b))) (fx* 2 j)))

;; n steps of (bind s GOAL), given that s became `t` at step `used`.
(define (bind-next t used goal n)
  (cond
    [(not t) (values #f used)]
    [(pair? t)
     (define rest (cdr t))
     (define st (car t))
     (define left (fx+ 1 (fx- n used)))
     (define-values (s more)
       (if (or (not rest) (eq? rest spent-stream))
           (delayed left k (advance-goal st goal k))
           (interleave (λ (k) (advance-goal st goal k)) (bind rest goal) left)))
     (values s (fx+ (fx- used 1) more))]
    [else (values (bind t goal) n)]))

;; -- goals --------------------------------------------------------------------------------------

;; n steps of (pause st goal), n >= 1.
(define (advance-goal st goal n)
  (cond
    [(relate? goal)
     (define r (lookup-relation (relate-name goal)))
     (check-call r (relate-args goal))
     (define body (clauses (relate-name goal) 0 (relate-args goal)))
     (if (fx= n 1)
         (values (pause st body) 1)
         (let-values ([(s used) (advance-clauses st (relation-table r) 0 body (fx- n 1))])
           (values s (fx+ used 1))))]
    [(clauses? goal)
     (advance-clauses st (relation-table (lookup-relation (clauses-name goal)))
                      (clauses-from goal) goal n)]
    [(conj? goal)
     (define left (conj-left goal))
     (define right (conj-right goal))
     (cond
       [(constraint-goal? left)
        (define next (post st left))
        (if next
            (delayed n k (advance-goal next right k))
            (values #f 1))]
       [else
        (define-values (t used) (advance-goal st left n))
        (bind-next t used right n)])]
    [(disj? goal)
     (define left (disj-left goal))
     (interleave (λ (k) (advance-goal st left k)) (pause st (disj-right goal)) n)]
    [(label? goal) (continue (start-labelling st goal) 1 n)]
    [else
     (define next (post st goal))
     (values (and next (cons next #f)) 1)]))

;; n steps of the clauses of a conde from number i on; `goal` holds their name and arguments. A clause
;; that fails at once costs one step, and its sibling goes on with the rest.
(define (advance-clauses st table i goal n)
  (define args (clauses-args goal))
  (let loop ([i i] [n n] [spent 0])
    (define c (vector-ref table i))
    (define run (clause-run c))
    (cond
      [(clause-last? c)
       (define-values (s used) (run st args n))
       (values s (fx+ spent used))]
      [else
       (define k (half-up n))
       (define-values (a used) (run st args k))
       (cond
         [(and (not a) (fx= used 1))
          (if (fx= n 1)
              (values (pause st (clauses (clauses-name goal) (fx+ i 1) args)) (fx+ spent 1))
              (loop (fx+ i 1) (fx- n 1) (fx+ spent 1)))]
         [else
          (define rest (pause st (clauses (clauses-name goal) (fx+ i 1) args)))
          (define-values (s more) (meet a used rest n k))
          (values s (fx+ spent more))])])))

;; -- null steps -----------------------------------------------------------------------------------

;; Once the first goal of a conjunction has given its only answer, (bind #f GOAL) is left beside the
;; second, and takes one step to vanish. This stream stands for it.
(define spent-stream (ahead 1 #f))

;; n steps of a stream beside which such a remainder is left, where `body` gives the first k steps of
;; that stream alone.
(define-syntax-rule (delayed n k body)
  (let ([total n])
    (let-values ([(s used) (let ([k (if (fx= total 1) 1 (fx- total 1))]) body)])
      (finish-delayed s used total))))

(define (finish-delayed s used n)
  (cond
    [(not s) (if (fx= n 1) (values spent-stream 1) (values #f (fx+ used 1)))]
    [(pair? s) (if (fx= used 1)
                   (values (cons (car s) (if (cdr s) (mplus spent-stream (cdr s)) spent-stream)) 1)
                   (values s (fx+ used 1)))]
    [(fx= n 1) (values (mplus spent-stream s) 1)]
    [else (values s n)]))
