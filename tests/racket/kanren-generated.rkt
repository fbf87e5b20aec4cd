#lang racket/base
;; Random goals: the engine, a slow interpreter that is obviously right, and brute force over a small
;; universe agree; the order of goals and the policy of a guided search change nothing.

(require (except-in rackunit fail) racket/list
         "../../racket/kanren/main.rkt"
         (only-in "../../racket/kanren/core/store.rkt" post)
         (only-in "../../racket/kanren/core/term.rkt" initial-var)
         "../../racket/search/frontier.rkt")

(define cases 10000)
(define guided-cases 1000)
(define assignments-a-case 20)

;; -- random goals -----------------------------------------------------------------------------------

;; A Goal here is (== T T) (=/= T T) (is TYPE T) (is-not TYPE T) (absent TAG T) (both G …) (either G
;; …). A term T is built of the variables x y z, atoms, pairs and vectors of two.

(define variables '(x y z))
(define atoms (list 'a 'b 1 2 "s" #f '()))
(define universe
  (append atoms (list '(a . b) '(a) '(1 a) '(b . 1) '((a) . b) (vector 'a 1))))

(define (pick xs) (list-ref xs (random (length xs))))

(define (random-term depth)
  (case (if (> depth 0) (random 5) (random 3))
    [(0 1) (pick variables)]
    [(2) (pick atoms)]
    [(3) (if (zero? (random 6))
             (vector (random-term 0) (random-term (sub1 depth)))
             (cons (random-term (sub1 depth)) (random-term (sub1 depth))))]
    [else (cons (random-term 0) (random-term (sub1 depth)))]))

(define (random-goal depth)
  (case (if (> depth 0) (random 12) (random 8))
    [(0 1 2) `(== ,(random-term 2) ,(random-term 2))]
    [(3 4) `(=/= ,(random-term 2) ,(random-term 2))]
    [(5) `(is ,(pick '(sym num str)) ,(random-term 1))]
    [(6) `(is-not ,(pick '(sym num str)) ,(random-term 1))]
    [(7) `(absent ,(random-term 1) ,(random-term 2))]
    [(8 9 10) `(both ,@(for/list ([_ (in-range (+ 2 (random 3)))]) (random-goal (sub1 depth))))]
    [else `(either ,@(for/list ([_ (in-range (+ 2 (random 2)))]) (random-goal (sub1 depth))))]))

(define (shuffled g)
  (case (car g)
    [(both either) (cons (car g) (shuffle (map shuffled (cdr g))))]
    [else g]))

;; -- brute force
;; --------------------------------------------------------------------------------------

;; An assignment is a list of ground values for x y z.
(define (value t values)
  (cond [(and (symbol? t) (index-of variables t)) => (λ (i) (list-ref values i))]
        [(pair? t) (cons (value (car t) values) (value (cdr t) values))]
        [(vector? t) (for/vector ([e (in-vector t)]) (value e values))]
        [else t]))

(define (kind v) (cond [(symbol? v) 'sym] [(number? v) 'num] [(string? v) 'str] [else #f]))

(define (inside? tag v)
  (or (equal? tag v)
      (and (pair? v) (or (inside? tag (car v)) (inside? tag (cdr v))))
      (and (vector? v) (for/or ([e (in-vector v)]) (inside? tag e)))))

(define (holds? g values)
  (case (car g)
    [(==) (equal? (value (cadr g) values) (value (caddr g) values))]
    [(=/=) (not (equal? (value (cadr g) values) (value (caddr g) values)))]
    [(is) (eq? (cadr g) (kind (value (caddr g) values)))]
    [(is-not) (not (eq? (cadr g) (kind (value (caddr g) values))))]
    [(absent) (not (inside? (value (cadr g) values) (value (caddr g) values)))]
    [(both) (andmap (λ (g) (holds? g values)) (cdr g))]
    [else (ormap (λ (g) (holds? g values)) (cdr g))]))

;; -- the slow interpreter
;; -----------------------------------------------------------------------------

;; A branch is (SUBSTITUTION . CONSTRAINTS): an association list from variables to terms, and the
;; goals other than equations. Equations are solved one after the other; the rest is looked at once
;; the variables have values.
(define (solve g branch)
  (case (car g)
    [(==) (define s (unify (cadr g) (caddr g) (car branch)))
          (if s (list (cons s (cdr branch))) '())]
    [(both) (for/fold ([branches (list branch)]) ([g (in-list (cdr g))])
              (append-map (λ (b) (solve g b)) branches))]
    [(either) (append-map (λ (g) (solve g branch)) (cdr g))]
    [else (list (cons (car branch) (cons g (cdr branch))))]))

(define (lookup t s)
  (define known (and (symbol? t) (assq t s)))
  (if known (lookup (cdr known) s) t))

(define (unify t u s)
  (let ([t (lookup t s)] [u (lookup u s)])
    (cond [(equal? t u) s]
          [(memq t variables) (and (not (occurs? t u s)) (cons (cons t u) s))]
          [(memq u variables) (unify u t s)]
          [(and (pair? t) (pair? u))
           (define s* (unify (car t) (car u) s))
           (and s* (unify (cdr t) (cdr u) s*))]
          [(and (vector? t) (vector? u)) (unify (vector->list t) (vector->list u) s)]
          [else #f])))

(define (occurs? v t s)
  (let ([t (lookup t s)])
    (or (eq? v t)
        (and (pair? t) (or (occurs? v (car t) s) (occurs? v (cdr t) s)))
        (and (vector? t) (for/or ([e (in-vector t)]) (occurs? v e s))))))

(define (branch-holds? branch values)
  (and (for/and ([b (in-list (car branch))])
         (equal? (value (car b) values) (value (cdr b) values)))
       (andmap (λ (g) (holds? g values)) (cdr branch))))

;; -- the engine
;; ---------------------------------------------------------------------------------------

;; The engine's goal, with terms in place of the variables.
(define (goal->engine g terms)
  (define (t term) (value term terms))
  (define (chain combine goals)
    (define gs (map (λ (g) (goal->engine g terms)) goals))
    (let loop ([gs gs]) (if (null? (cdr gs)) (car gs) (combine (car gs) (loop (cdr gs))))))
  (case (car g)
    [(==) (== (t (cadr g)) (t (caddr g)))]
    [(=/=) (=/= (t (cadr g)) (t (caddr g)))]
    [(is) ((case (cadr g) [(sym) symbolo] [(num) numbero] [else stringo]) (t (caddr g)))]
    [(is-not)
     ((case (cadr g) [(sym) not-symbolo] [(num) not-numbero] [else not-stringo]) (t (caddr g)))]
    [(absent) (absento (t (cadr g)) (t (caddr g)))]
    [(both) (chain (λ (a b) (conj* a b)) (cdr g))]
    [else (chain (λ (a b) (disj* a b)) (cdr g))]))

(define (goal->query g) (query (x y z) (goal->engine g (list x y z))))

;; Does the answer, with its constraints, allow the values?
(define (covers? st values) (and (post st (== initial-var values)) #t))

(define (random-values) (for/list ([_ (in-list variables)]) (pick universe)))

;; Values that an equation of the branch allows are found by chance too seldom: take some of its own.
(define (likely-values branches)
  (define values (random-values))
  (if (null? branches)
      values
      (let ([s (car (pick branches))])
        (for/list ([v (in-list variables)] [u (in-list values)])
          (value (let ground ([t v])
                   (let ([t (lookup t s)])
                     (cond [(memq t variables) t]
                           [(pair? t) (cons (ground (car t)) (ground (cdr t)))]
                           [(vector? t) (for/vector ([e (in-vector t)]) (ground e))]
                           [else t])))
                 values)))))

(define (check-case g)
  (define branches (solve g '(() . ())))
  (define states (stream-take #f (goal->query g)))
  (define other-order (stream-take #f (goal->query (shuffled g))))
  (for ([i (in-range assignments-a-case)])
    (define values (if (even? i) (random-values) (likely-values branches)))
    (define expected (count (λ (b) (branch-holds? b values)) branches))
    (define (covering states) (count (λ (st) (covers? st values)) states))
    (unless (and (eq? (> expected 0) (holds? g values))
                 (= expected (covering states))
                 (= expected (covering other-order)))
      (fail-check (format "~s\n  with ~s: brute force ~a, interpreter ~a, engine ~a, reordered ~a"
                          g values (holds? g values) expected
                          (covering states) (covering other-order))))))

(define (sorted answers) (sort (map (λ (a) (format "~s" a)) answers) string<?))

(define (check-guided g path)
  (define expected (sorted (run* (x y z) (goal->engine g (list x y z)))))
  (define f (make-frontier (goal->query g)))
  (define (explore f)
    (let loop ([f f] [steps 0])
      (define open (choices f))
      (cond [(null? open) (sorted (answers f))]
            [else (expand f (pick open))
                  (cond [(= steps 2)
                         (save-frontier f path)
                         (loop (load-frontier path) 3)]
                        [else (loop f (add1 steps))])])))
  (define found (explore f))
  (unless (equal? found expected)
    (fail-check (format "~s\n  run*: ~a\n  guided: ~a" g expected found))))

(module+ test
  (require racket/file)
  (random-seed 2026)
  (test-case "engine, interpreter and brute force agree, in any order of goals"
    (for ([_ (in-range cases)]) (check-case (random-goal 3))))
  (test-case "any policy finds the answers of run*, with a file in the middle"
    (define path (make-temporary-file))
    (for ([_ (in-range guided-cases)])
      (check-guided `(both (either ,(random-goal 1) ,(random-goal 1))
                           ,(random-goal 2)
                           (either ,(random-goal 1) ,(random-goal 2)))
                    path))
    (delete-file path)))
