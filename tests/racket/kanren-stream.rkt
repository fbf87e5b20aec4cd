#lang racket/base
;; The stream search: many steps at once are the same steps; a stream is data; compiled clauses
;; say what their goals say.

(require (except-in rackunit fail) racket/port racket/runtime-path racket/system
         "../../racket/kanren/main.rkt"
         (only-in "../../racket/kanren/core/advance.rkt" advance)
         (only-in "../../racket/kanren/core/reify.rkt" reify)
         (only-in "../../racket/kanren/core/term.rkt" initial-var)
         "../../racket/search/frontier.rkt"
         "programs/evaluator.rkt" "programs/lists.rkt" "programs/numbers.rkt")

(define-runtime-path continue.rkt "programs/continue.rkt")

;; The first n answers and the step at which each comes, where (go s) takes some steps.
(define (trace n s go)
  (let loop ([s s] [n n] [steps 0])
    (cond [(or (= n 0) (not s)) '()]
          [(pair? s) (cons (cons steps (reify (car s) initial-var)) (loop (cdr s) (sub1 n) steps))]
          [else (define-values (next used) (go s)) (loop next n (+ steps used))])))

(define (one-step s) (values (step s) 1))
(define ((batch size) s) (advance s size))

(define queries
  (list (cons 100 (query (p q) (*o p q (numeral 36))))
        (cons 20 (query (p q) (*o p q '(1 1 0 1))))
        (cons 50 (query (x y) (pluso x y (numeral 20))))
        (cons 50 (query (x y z) (pluso x y z)))
        (cons 2 (query (b q r) (logo (numeral 5) b q r) (>1o q)))
        (cons 50 (query (x y) (appendo x y '(1 2 3 4 5))))
        (cons 30 (query (x y z) (appendo x y z)))
        (cons 10 (query (x) (reverseo '(1 2 3) x)))
        (cons 100 (query (x y) (evalo x y)))
        (cons 5 (query (x) (evalo `(app ,x '(a)) '(a a))))
        (cons 20 (query (x) (conde [(nevero x)] [(alwayso x)] [(membero x '(a b c))])))
        (cons 20 (query (x y) (=/= x y) (membero x '(a b c)) (membero y '(a b c))))))

(test-case "many steps at once: the same answers at the same steps"
  (for ([q (in-list queries)])
    (define expected (trace (car q) (cdr q) one-step))
    (for ([size (in-list '(1 3 64 1000))])
      (check-equal? (trace (car q) (cdr q) (batch size)) expected))))

(define (printed s) (with-output-to-string (λ () (write s))))

(test-case "a stream is printed and read at any point"
  (for ([q (in-list queries)])
    (define s (for/fold ([s (cdr q)]) ([_ 40] #:break (mature? s)) (step s)))
    (define back (read (open-input-string (printed s))))
    (check-equal? back s)
    (check-equal? (trace 5 back one-step) (trace 5 s one-step))))

(test-case "a fresh process goes on with the same answers"
  (for ([q (in-list (list (list-ref queries 1) (list-ref queries 8)))])
    (define-values (s used) (advance (cdr q) 50))
    (define found
      (with-output-to-string
        (λ ()
          (with-input-from-string (printed s)
            (λ () (system* (find-executable-path "racket") continue.rkt "5"))))))
    (check-equal? (read (open-input-string found)) (map cdr (trace 5 s one-step)))))

(test-case "two queries print the same text whatever ran before them"
  (define (text) (let-values ([(s used) (advance (query (x) (evalo x '(a b))) 100)]) (printed s)))
  (define before (text))
  (run 3 (x y) (appendo x y '(1 2)))
  (check-equal? (text) before))

;; -- compiled clauses -------------------------------------------------------------------------------

(define-namespace-anchor here)
(define names (namespace-anchor->namespace here))

;; Random bodies over the parameters a b and fresh x y, with the forms that are compiled specially.
(define (pick xs) (list-ref xs (random (length xs))))
(define (random-term depth)
  (case (if (> depth 0) (random 8) (random 4))
    [(0 1 2) (pick '(a b x y))]
    [(3) (pick '('k 1 '() "s" 'm))]
    [(4) `(cons ,(random-term (sub1 depth)) ,(random-term (sub1 depth)))]
    [(5) `(list ,(random-term (sub1 depth)) ,(random-term 0))]
    [else (list 'quasiquote (random-template depth))]))
(define (random-template depth)
  (case (if (> depth 0) (random 4) (random 2))
    [(0) (list 'unquote (pick '(a b x y)))]
    [(1) (pick '(k m 1 ()))]
    [else (cons (random-template (sub1 depth)) (random-template (sub1 depth)))]))
(define (random-goal depth)
  (case (if (> depth 0) (random 11) (random 7))
    [(0 1 2 3) `(== ,(random-term 2) ,(random-term 2))]
    [(4) `(=/= ,(random-term 1) ,(random-term 1))]
    [(5) `(,(pick '(symbolo numbero not-symbolo)) ,(pick '(a b x y)))]
    [(6) `(choiceo ,(pick '(a b x y)) ,(pick '(a b x y)))]
    [(7 8) `(conde ,@(for/list ([_ (in-range (+ 1 (random 3)))]) (random-goals depth)))]
    [(9) `(fresh () ,@(random-goals depth))]
    [else `(conj* ,@(random-goals depth))]))
(define (random-goals depth)
  (for/list ([_ (in-range (+ 1 (random 3)))]) (random-goal (sub1 depth))))

(defrel (choiceo p q)
  (conde [(== p 'k)] [(== q 1) (== p q)] [(fresh (r) (== p `(,r . ,q)))]))

(test-case "a compiled relation takes the steps of its goals"
  (random-seed 7)
  (for ([i (in-range 60)])
    (define body `(fresh (x y) ,@(random-goals 3)))
    (define name (string->symbol (format "generated~ao" i)))
    (define q
      (parameterize ([current-namespace names])
        (eval `(defrel (,name a b) ,body))
        (eval `(query (p q) (,name p q)))))
    (define expected (trace 50 q one-step))
    (for ([size (in-list '(1 5 64))])
      (check-equal? (trace 50 q (batch size)) expected (format "~s" body)))
    ;; and the guided search finds the same answers
    (define f (make-frontier q))
    (let loop () (define i (oldest-choice f)) (when i (expand f i) (loop)))
    (define (bare answers) (sort (map (λ (a) (format "~s" a)) answers) string<?))
    (check-equal? (bare (answers f))
                  (bare (map (λ (st) (reify st initial-var)) (stream-take #f q)))
                  (format "~s" body))))
