#lang racket/base
;; The frontier: any policy finds the answers of run*, indices are stable, files continue a search.

(require racket/file racket/list (except-in rackunit fail)
         racket/port racket/runtime-path racket/system
         "../../racket/kanren/main.rkt" "../../racket/search/frontier.rkt" "programs/evaluator.rkt")

(define-runtime-path continue-frontier.rkt "programs/continue-frontier.rkt")

(defrel (append-o a b ab)
  (conde [(== a '()) (== b ab)]
         [(fresh (x rest tail)
            (== a (cons x rest)) (== ab (cons x tail)) (append-o rest b tail))]))

(defrel (never-o x) (never-o x))
(defrel (endless-o x) (conde [(== x 1) (== x 2)] [(endless-o x)] [(endless-o x)]))

(defrel (squares-o x y z)
  (infd x y (interval 1 12))
  (fd (= (+ (* x x) (* y y)) (* z z)))
  (labelfd x y))

;; Expands with a policy (indices -> index) until nothing is open; -> the answers in order
(define (explore f policy)
  (let loop ()
    (define open (choices f))
    (cond [(null? open) (answers f)]
          [else (expand f (policy open)) (loop)])))

(define (random-policy seed)
  (define generator (make-pseudo-random-generator))
  (parameterize ([current-pseudo-random-generator generator]) (random-seed seed))
  (λ (open) (list-ref open (random (length open) generator))))

(define (sorted answers) (sort answers string<? #:key (λ (a) (format "~s" a))))

(define-syntax-rule (check-policies expected make)
  (for ([policy (list* first last (for/list ([seed 5]) (random-policy seed)))])
    (check-equal? (sorted (explore make policy)) (sorted expected))))

(test-case "every policy finds the answers of run*"
  (check-policies (run* (a b) (append-o a b '(1 2 3 4)))
                  (make-frontier (query (a b) (append-o a b '(1 2 3 4)))))
  (check-policies (run* (x y z) (squares-o x y z))
                  (make-frontier (query (x y z) (squares-o x y z)))))

(test-case "variables that a query shows are labelled, as in run"
  (check-policies (run* (x y) (infd x y (interval 0 4)) (fd (= (+ x y) 6)))
                  (make-frontier
                   (query (x y) (infd x y (interval 0 4)) (fd (= (+ x y) 6))))))

(test-case "an expanded choice gives its children again and computes nothing"
  (define f (make-frontier (query (a b) (append-o a b '(1 2)))))
  (check-equal? (expand f 0) 'choices)
  (define size (frontier-size f))
  (check-equal? (expand f 0) 'choices)
  (check-equal? (frontier-size f) size)
  (check-equal? (open-children f 0) '(1 2)))

(test-case "a search that is broken off at any moment goes on as if nothing had been"
  (define (split-twice)
    (query (a b c d) (append-o a b (build-list 40 values)) (append-o c d a)))
  (define f (make-frontier (split-twice)))
  (define (explore-on)
    (define i (oldest-choice f))
    (when i (expand f i) (explore-on)))
  (for ([i 100])
    (define worker
      (parameterize-break #f
        (thread (λ () (with-handlers ([exn:break? void]) (parameterize-break #t (explore-on)))))))
    (sleep (* 0.00002 (random 10)))
    (break-thread worker)
    (thread-wait worker))
  (explore-on)
  (check-equal? (sorted (answers f)) (sorted (explore (make-frontier (split-twice)) last))))

(test-case "closed choices are reported once, parents after their children"
  (define f (make-frontier (query (x) (conde [(== x 1)] [(== x 2)]))))
  (check-equal? (expand f 0) 'choices)
  (check-equal? (expand f 1) 'answer)
  (check-equal? (take-closed! f) '(1))
  (check-equal? (expand f 2) 'answer)
  (check-equal? (take-closed! f) '(2 0))
  (check-equal? (expand f 1) 'dead))

(test-case "an endless relation does not hang an expansion"
  (define f (make-frontier (query (x) (never-o x))))
  (check-equal? (expand f 0) 'unfinished)
  (check-equal? (choices f) '(0)))

(test-case "a choice whose expansion did not end waits behind the others, in a file as well"
  (define f (make-frontier (query (x) (conde [(never-o x)] [(append-o x x '(1 1))] [(never-o 1)]))))
  (check-equal? (expand f 0) 'choices)
  (define path (make-temporary-file))
  (define (oldest-ones f)
    (for/list ([_ 5]) (define i (oldest-choice f)) (expand f i) i))
  (check-equal? (oldest-ones f) '(1 2 3 1 4))
  (save-frontier f path)
  (check-equal? (oldest-ones (load-frontier path)) (oldest-ones f))
  (delete-file path))

(defprimitive (square-o x y) #:inputs (x) (== y (* x x)))

(test-case "a primitive waits until its inputs are ground"
  (check-equal? (explore (make-frontier (query (x y) (square-o x y) (conde [(== x 2)] [(== x 3)])))
                         first)
                '((2 4) (3 9)))
  (check-exn #rx"^square-o: a primitive runs in the guided search only"
             (λ () (run* (q) (square-o 2 q))))
  (check-exn #rx"^square-o: the primitive still waits for inputs"
             (λ () (explore (make-frontier (query (x y) (square-o x y))) first))))

(test-case "a failing query has no open choice"
  (define f (make-frontier (query (x) (== x 1) (== x 2))))
  (check-equal? (choices f) '())
  (check-equal? (expand f 0) 'dead))

(test-case "a search goes on from a file"
  (define f (make-frontier (query (x y z) (squares-o x y z))))
  (for ([_ 20]) (define i (oldest-choice f)) (when i (expand f i)))
  (define path (make-temporary-file))
  (save-frontier f path)
  (define g (load-frontier path))
  (check-equal? (choices g) (choices f))
  (check-equal? (for/list ([i (choices g)]) (choice-text g i))
                (for/list ([i (choices f)]) (choice-text f i)))
  (check-equal? (explore g first) (explore f first))
  (delete-file path))

(test-case "a fresh process goes on with a frontier from a file"
  (define f (make-frontier (query (x y) (evalo x y))))
  (define (twenty-more f)
    (for ([_ 20]) (expand f (oldest-choice f)))
    (answers f))
  (twenty-more f)
  (define path (make-temporary-file))
  (save-frontier f path)
  (define found
    (with-output-to-string
      (λ () (system* (find-executable-path "racket") continue-frontier.rkt (path->string path)))))
  (check-equal? (read (open-input-string found)) (twenty-more f))
  (delete-file path))

(test-case "choices that differ in variable names alone print the same bytes"
  (define f (make-frontier (query (a b) (append-o a b '(1 2)))))
  (define g (make-frontier
             (query (a b) (fresh (unused other) (== other unused) (append-o a b '(1 2))))))
  (expand f 0)
  (expand g 0)
  (check-equal? (for/list ([i (choices f)]) (choice-text f i))
                (for/list ([i (choices g)]) (choice-text g i)))
  (check-equal? (choice-text f 2)
                (bytes-append #"(bind (state ((1 . _.0) _.1) () () () () ())"
                              #" (conj (relate (append-o _.0 _.1 (2)))))")))

(test-case "the query's term stands in the goals as in the state"
  (define f (make-frontier (query (x) (fresh (y z) (== x (list y z y)) (never-o `(,z ,x ,x))))))
  (check-equal? (choice-text f 0)
                (bytes-append #"(bind (state (_.0 _.1 _.0) () () () () ())"
                              #" (conj (relate (never-o (_.1 (_.0 _.1 _.0) (_.0 _.1 _.0))))))")))

(test-case "a choice text shows the constraints of what it speaks of"
  (define f (make-frontier
             (query (x y)
               (symbolo x) (=/= x 'a) (absento 'secret x)
               (infd y '(1 3 5)) (never-o y))))
  (check-equal? (choice-text f 0)
                (bytes-append
                 #"(bind (state (_.0 _.1) ((=/= (_.0 a))) ((sym _.0)) ((absento secret _.0))"
                 #" ((infd _.1 (1 3 5))) ()) (conj (relate (never-o _.1))))")))

(test-case "with a limit on nodes no answer is lost and none is reported twice"
  (define expected (run* (a b c d) (append-o a b '(1 2 3 4 5 6)) (append-o c d a)))
  (for ([seed 3])
    (define f (make-frontier (query (a b c d) (append-o a b '(1 2 3 4 5 6)) (append-o c d a))
                             #:max-nodes 20))
    (check-equal? (sorted (explore f (random-policy seed))) (sorted expected))))

(test-case "with a limit on nodes a deep branch is kept"
  (define f (make-frontier (query (a b) (append-o a b (build-list 200 values))) #:max-nodes 20))
  (check-equal? (length (explore f last)) 201))

(test-case "with a limit on nodes the memory does not grow with the choices that were born"
  (define f (make-frontier (query (x) (conde [(append-o x x '(1 2))] [(endless-o x)]))
                           #:max-nodes 50))
  (for ([_ 20000]) (expand f (oldest-choice f)))
  (check-true (> (frontier-size f) 20000))
  (define path (make-temporary-file))
  (save-frontier f path)
  (check-true (< (file-size path) 100000))
  (check-equal? (choices (load-frontier path)) (choices f))
  (delete-file path))

;; x0 = (x1 . x1), x1 = (x2 . x2) …: as a tree, 2^40 leaves
(defrel (doubled-o x n)
  (conde [(== n '())]
         [(fresh (half less)
            (== n `(s . ,less)) (== x `(,half . ,half)) (doubled-o half less))]))

(test-case "a term whose parts are shared is printed with labels, and read back"
  (define n (make-list 40 's))
  (define f (make-frontier (query (x y) (doubled-o x n) (doubled-o y n) (never-o `(,x ,y)))))
  (check-equal? (expand f 0) 'unfinished)
  (define text (choice-text f 0))
  (check-true (< (bytes-length text) 2000))
  (define state (cadr (read (open-input-bytes text))))
  (check-equal? (car state) 'state)
  (check-eq? (caaadr state) (cdaadr state)))

(test-case "a choice can be looked into: its answer so far, and the bounds of its integers"
  (define f (make-frontier (query (a n) (conde [(== a '(1 . 2))] [(fresh (x) (== a (cons x 3)))])
                             (infd n (interval 4 9)))))
  (check-equal? (expand f 0) 'choices)
  (define-values (answer look) (choice-answer f 2))
  (define a (look (car answer)))
  (check-equal? (look (cdr a)) 3)
  (check-true (var? (look (car a))))
  (define (bounds t) (call-with-values (λ () (choice-bounds f 2 t)) list))
  (check-equal? (bounds (cadr answer)) '(4 9))
  (check-equal? (bounds (cdr a)) '(3 3))
  (check-equal? (bounds (car a)) '(-inf.0 +inf.0)))

(test-case "a choice that is restricted gives the answers that keep the constraint"
  (define (number-of f i)
    (define-values (answer look) (choice-answer f i))
    (look answer))
  (define (start) (make-frontier (query (n) (infd n (interval 1 5)))))
  (define f (start))
  (define text (choice-text f 0))
  (check-true (restrict-choice! f 0 (>fd (number-of f 0) 3)))
  (check-not-equal? (choice-text f 0) text)
  (check-equal? (explore f first) '(4 5))
  (define g (start))
  (check-false (restrict-choice! g 0 (>fd (number-of g 0) 5)))
  (check-equal? (choice-status g 0) 'closed)
  (check-exn #rx"the choice is closed" (λ () (choice-text g 0))))
