#lang racket/base
;; Random small problems over integers against brute force: the same set of solutions, each once; with
;; the goals in another order, labelled in any order, in the guided search by a random policy, and
;; with the frontier saved and loaded in the middle.

(require racket/file racket/list (except-in racket/match ==)
         "../../racket/kanren/main.rkt" "../../racket/search/frontier.rkt")

;; A Problem is (problem DOMAINS CONSTRAINTS): the domain of each variable, written for infd, and
;; constraints over the variables, numbers from 0:
;;   (REL E E)   REL one of = =/= < <= > >=;   E: integer, (x N), (+ E E) (- E E) (* E E) …
;;   (distinct E E …)   (== E E) and (not== E E) of variables and integers
(struct problem (domains constraints) #:transparent)

;; -- random problems ------------------------------------------------------------------------------

(define (pick xs) (list-ref xs (random (length xs))))
(define (between lo hi) (+ lo (random (+ 1 (- hi lo)))))

(define (random-domain)
  (case (random 4)
    [(0) (remove-duplicates (for/list ([_ (between 1 5)]) (between -9 9)))]
    [(1) '(0 1)]
    [else (let ([lo (between -5 4)]) (list 'interval lo (+ lo (random 6))))]))

(define (random-term n) (if (< (random 5) 4) `(x ,(random n)) (between -4 6)))

(define (random-expression n depth)
  (if (or (= depth 0) (< (random 3) 1))
      (random-term n)
      (list (pick '(+ + - * * quotient remainder))
            (random-expression n (sub1 depth))
            (random-expression n (sub1 depth)))))

(define (random-constraint n)
  (define (e) (random-expression n (between 0 2)))
  (case (random 12)
    [(0) (cons 'distinct (for/list ([_ (between 2 4)]) (random-term n)))]
    [(1) (list 'not== (random-term n) (random-term n))]
    [(2) (list '== (random-term n) (random-term n))]
    [(3 4 5) (let ([z (random-term n)])
               `(= (,(pick '(+ * quotient remainder)) ,(random-term n) ,(random-term n)) ,z))]
    [else (list (pick '(= = =/= < <= > >=)) (e) (e))]))

(define (random-problem)
  (define n (between 1 4))
  (problem (for/list ([_ n]) (random-domain))
           (for/list ([_ (between 1 4)]) (random-constraint n))))

;; -- brute force ----------------------------------------------------------------------------------

(define (domain-members d)
  (match d [(list 'interval lo hi) (range lo (add1 hi))] [_ d]))

;; Every solution, in order. The divisor of a quotient or remainder is never 0.
(define (solutions p)
  (sort
   (let loop ([domains (problem-domains p)] [row '()])
     (cond [(pair? domains)
            (append* (for/list ([n (domain-members (car domains))])
                       (loop (cdr domains) (cons n row))))]
           [(andmap (λ (c) (holds? c (reverse row))) (problem-constraints p)) (list (reverse row))]
           [else '()]))
   row<?))

(define (row<? a b)
  (and (pair? a) (or (< (car a) (car b)) (and (= (car a) (car b)) (row<? (cdr a) (cdr b))))))

(define (holds? c row)
  (let/ec return
    (define (value e)
      (match e
        [(list 'x i) (list-ref row i)]
        [(? integer?) e]
        [(list op a b)
         (define x (value a))
         (define y (value b))
         (case op
           [(+) (+ x y)] [(-) (- x y)] [(*) (* x y)]
           [else (when (= y 0) (return #f))
                 (if (eq? op 'quotient) (floor (/ x y)) (modulo x y))])]))
    (match c
      [(cons 'distinct es) (not (check-duplicates (map value es)))]
      [(list rel a b)
       (define x (value a))
       (define y (value b))
       (case rel
         [(= ==) (= x y)] [(=/= not==) (not (= x y))]
         [(<) (< x y)] [(<=) (<= x y)] [(>) (> x y)] [else (>= x y)])])))

;; -- as goals -------------------------------------------------------------------------------------

(define (constraint->goal c xs)
  (define (term e) (match e [(list 'x i) (list-ref xs i)] [n n]))
  (define (expression e)
    (match e
      [(list '+ a b) (fd-expression (+ (expression a) (expression b)))]
      [(list '- a b) (fd-expression (- (expression a) (expression b)))]
      [(list '* a b) (fd-expression (* (expression a) (expression b)))]
      [(list 'quotient a b) (fd-expression (quotient (expression a) (expression b)))]
      [(list 'remainder a b) (fd-expression (remainder (expression a) (expression b)))]
      [_ (term e)]))
  (match c
    [(cons 'distinct es) (distinctfd (map term es))]
    [(list '== a b) (== (term a) (term b))]
    [(list 'not== a b) (=/= (term a) (term b))]
    [(list '= (list op (and a (or (? integer?) (list 'x _))) (and b (or (? integer?) (list 'x _)))) c)
     #:when (or (integer? c) (eq? (car c) 'x))
     ((case op [(+) +fd] [(*) *fd] [(quotient) quotientfd] [(remainder) remainderfd]
        [else (λ (x y z) (fd (= (- x y) z)))])
      (term a) (term b) (term c))]
    [(list rel a b)
     (define x (expression a))
     (define y (expression b))
     (case rel
       [(=) (fd (= x y))] [(=/=) (fd (=/= x y))] [(<) (fd (< x y))] [(<=) (fd (<= x y))]
       [(>) (fd (> x y))] [else (fd (>= x y))])]))

(define (all goals) (for/fold ([g succeed]) ([h (in-list goals)]) (conj* g h)))

;; The goals of a problem in a random order; domains first, or among the others.
(define (problem->goal p xs shuffled?)
  (define domains (for/list ([x xs] [d (problem-domains p)]) (domfd x d)))
  (define constraints (for/list ([c (problem-constraints p)]) (constraint->goal c xs)))
  (all (if shuffled? (shuffle (append domains constraints)) (append domains constraints))))

(define (problem-query p shuffled? label-goal)
  (query (row)
    (fresh (a b c d)
      (let ([xs (take (list a b c d) (length (problem-domains p)))])
        (conj* (== row xs) (problem->goal p xs shuffled?) (label-goal xs))))))

(define (label-at-random xs)
  (define ys (take (shuffle xs) (random (add1 (length xs)))))
  (case (random 3)
    [(0) (labelfd ys)]
    [(1) (labelfd #:order first-fail ys)]
    [else (labelfd #:order bisect ys)]))

(define (stream-solutions p shuffled? label-goal)
  (query-answers #f (problem-query p shuffled? label-goal) #t #f))

;; Expands choices picked at random; once, somewhere on the way, through a file.
(define (frontier-solutions p)
  (define f (make-frontier (problem-query p #t label-at-random)))
  (define file (and (= 0 (random 8)) (make-temporary-file)))
  (define saved-at (random 6))
  (let loop ([f f] [step 0])
    (define open (choices f))
    (cond
      [(null? open) (answers f)]
      [else
       (expand f (pick open))
       (cond [(and file (= step saved-at))
              (save-frontier f file)
              (begin0 (loop (load-frontier file) (add1 step))
                      (delete-file file))]
             [else (loop f (add1 step))])])))

;; Is a part of the variables solved for, the others hidden, each row once?
(define (visible-solutions p count)
  (query-answers
   #f
   (query (row)
     (fresh (a b c d)
       (let ([xs (take (list a b c d) (length (problem-domains p)))])
         (conj* (== row (take xs count)) (problem->goal p xs #t)))))
   #t #f))

;; -- the tests ------------------------------------------------------------------------------------

(define (check-problem p)
  (define expected (solutions p))
  (define (check what rows)
    (unless (equal? expected (sort rows row<?))
      (error 'generated "~a: got ~s, expected ~s for ~s" what (sort rows row<?) expected p)))
  (check "in the given order" (stream-solutions p #f (λ (xs) succeed)))
  (case (random 3)
    [(0) (check "reordered" (stream-solutions p #t (λ (xs) succeed)))]
    [(1) (check "labelled" (stream-solutions p #t label-at-random))]
    [else (check "guided" (frontier-solutions p))])
  (define count (random (add1 (length (problem-domains p)))))
  (define visible (remove-duplicates (for/list ([row expected]) (take row count))))
  (define found (visible-solutions p count))
  (unless (equal? visible (sort found row<?))
    (error 'generated "~a visible: got ~s, expected ~s for ~s" count found visible p)))

(define (check-problems count seed)
  (random-seed seed)
  (for ([_ count]) (check-problem (random-problem))))

(module+ main
  (define seed (string->number (vector-ref (current-command-line-arguments) 0)))
  (time (check-problems 6000 seed)))

(module+ test
  (require rackunit)
  (test-case "6,000 random problems" (check-not-exn (λ () (check-problems 6000 1)))))

(module+ for-debugging (provide check-problem random-problem))
