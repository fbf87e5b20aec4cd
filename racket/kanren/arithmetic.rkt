#lang racket/base
;; Arithmetic over finite domains: the constraints on integers and how they narrow domains.

(require racket/list "state.rkt" "term.rkt" "domain.rkt" "disequality.rkt")
(provide (struct-out arithmetic) post-arithmetic! run-arithmetic! arithmetic-terms)

;; An Arithmetic is (arithmetic OP ARGS), a goal and, once posted, a constraint:
;;   linear      (REL CONSTANT (COEFFICIENT . TERM) …)   sum + constant REL 0, REL is = or <=
;;   *fd         (X Y Z)    x·y = z
;;   quotientfd  (X Y Q)    q = floor(x / y), y is not 0
;;   remainderfd (X Y R)    r = x - y·floor(x / y), y is not 0
;;   distinctfd  (LIST)     the integers of the list differ pairwise
;;   =fd =/=fd   (X Y)
;; Sums stay whole: bounds of a long sum are as tight as the sum of its parts' bounds.
(struct arithmetic (op args) #:prefab)

;; After this many runs of constraints within one transaction, narrowing stops: x < y < x over an
;; endless interval would go on for ever. What is left open is checked as variables become integers.
(define narrowing-limit 20000)

(define (arithmetic-terms c)
  (case (arithmetic-op c)
    [(linear) (map cdr (cddr (arithmetic-args c)))]
    [else (arithmetic-args c)]))

(define anything (interval-domain -inf.0 +inf.0))

(define (post-arithmetic! tx c)
  (define args (arithmetic-args c))
  (case (arithmetic-op c)
    [(=fd) (and (integer! tx (car args)) (integer! tx (cadr args))
                (begin (equate! tx (car args) (cadr args)) #t))]
    [(=/=fd) (and (integer! tx (car args)) (integer! tx (cadr args))
                  (post-disequality! tx (car args) (cadr args)))]
    [(distinctfd)
     (define-values (elements tail) (walk-list tx (car args)))
     (and (or (var? tail) (null? tail))
          (for/and ([e (in-list elements)]) (integer! tx e))
          (enter! tx c (unbound (cons tail elements))))]
    [else
     (define terms (for/list ([t (in-list (arithmetic-terms c))]) (walk tx t)))
     (and (for/and ([t (in-list terms)]) (integer! tx t))
          (enter! tx c (unbound (for/list ([t (in-list terms)]) (walk tx t)))))]))

(define (integer! tx t) (restrict-domain! tx t anything))
(define (unbound terms) (remove-duplicates (filter var? terms)))

(define (enter! tx c variables)
  (wake! tx (add-constraint! tx c variables))
  #t)

;; -> the walked elements of a list as far as it is known, and its tail ('() or an unbound variable)
(define (walk-list tx t)
  (let loop ([t (walk tx t)] [elements '()])
    (if (pair? t)
        (loop (walk tx (cdr t)) (cons (walk tx (car t)) elements))
        (values (reverse elements) t))))

;; Runs a posted constraint: narrows the domains of its variables; -> #f when it cannot hold.
(define (run-arithmetic! tx serial c)
  (define args (arithmetic-args c))
  (define (done) (remove-constraint! tx serial) #t)
  (case (arithmetic-op c)
    [(linear) (run-linear! tx args done)]
    [(distinctfd) (run-distinct! tx serial (car args) done)]
    [else
     (define x (walk tx (car args)))
     (define y (walk tx (cadr args)))
     (define z (walk tx (caddr args)))
     (define f (case (arithmetic-op c)
                 [(*fd) *] [(quotientfd) floor-quotient] [(remainderfd) modulo]))
     (define divides? (not (eq? f *)))
     (cond
       [(and (exact-integer? x) (exact-integer? y))
        (and (not (and divides? (eqv? y 0)))
             (restrict-bounds! tx z (f x y) (f x y))
             (done))]
       [(> (transaction-steps tx) narrowing-limit) #t]
       [else
        (and (or (not divides?) (exclude-value! tx y 0))
             (case (arithmetic-op c)
               [(*fd) (narrow-product! tx x y z)]
               [(quotientfd) (narrow-quotient! tx x y z)]
               [else (narrow-remainder! tx x y z)])
             (narrow-support! tx f divides? (walk tx x) (walk tx y) (walk tx z)))])]))

;; -- sums ---------------------------------------------------------------------------------------

(define (run-linear! tx args done)
  (define equation? (eq? (car args) '=))
  (define-values (constant terms) (collect-sum tx (cadr args) (cddr args)))
  (cond
    [(null? terms) (and (if equation? (= constant 0) (<= constant 0)) (done))]
    [(> (transaction-steps tx) narrowing-limit) #t]
    [else
     ;; bounds of each term coefficient·variable; sums of the finite ones, and counts of the others
     (define los (for/list ([t (in-list terms)]) (scaled-lower tx t)))
     (define his (for/list ([t (in-list terms)]) (scaled-upper tx t)))
     (define-values (lo-sum lo-open) (finite-sum los))
     (define-values (hi-sum hi-open) (finite-sum his))
     (cond
       [(and (not equation?) (= hi-open 0) (<= (+ hi-sum constant) 0)) (done)]
       [else
        (for/and ([t (in-list terms)] [lo (in-list los)] [hi (in-list his)])
          ;; coefficient·variable <= -(constant + least of the others)
          (define greatest
            (let ([others (sum-without lo lo-sum lo-open)])
              (if others (- (+ constant others)) +inf.0)))
          (define least
            (let ([others (and equation? (sum-without hi hi-sum hi-open))])
              (if others (- (+ constant others)) -inf.0)))
          (define k (car t))
          (if (> k 0)
              (restrict-bounds! tx (cdr t) (divide-up least k) (divide-down greatest k))
              (restrict-bounds! tx (cdr t) (divide-up greatest k) (divide-down least k))))])]))

;; -> the constant and the terms (COEFFICIENT . unbound variable) of a sum, equal variables together
(define (collect-sum tx constant terms)
  (let loop ([terms terms] [constant constant] [sum '()])
    (cond [(null? terms) (values constant sum)]
          [else
           (define k (caar terms))
           (define t (walk tx (cdar terms)))
           (cond [(exact-integer? t) (loop (cdr terms) (+ constant (* k t)) sum)]
                 [else
                  (define same (for/first ([s (in-list sum)] #:when (equal? (cdr s) t)) s))
                  (define rest (if same (remq same sum) sum))
                  (define total (+ k (if same (car same) 0)))
                  (loop (cdr terms) constant (if (= total 0) rest (cons (cons total t) rest)))])])))

(define (scaled-lower tx t) (* (car t) (if (> (car t) 0) (lower tx (cdr t)) (upper tx (cdr t)))))
(define (scaled-upper tx t) (* (car t) (if (> (car t) 0) (upper tx (cdr t)) (lower tx (cdr t)))))

(define (finite-sum ns)
  (for/fold ([sum 0] [open 0]) ([n (in-list ns)])
    (if (exact-integer? n) (values (+ sum n) open) (values sum (add1 open)))))

;; The sum of all but the part n, or #f where that is endless.
(define (sum-without n sum open)
  (cond [(exact-integer? n) (and (= open 0) (- sum n))]
        [else (and (= open 1) sum)]))

;; Integer division that also takes the infinite ends.
(define (floor-quotient a b) (floor (/ a b)))
(define (divide-down a b) (if (exact-integer? a) (quotient (- a (modulo a b)) b) (/ a b)))
(define (divide-up a b) (- (divide-down (- a) b)))

;; -- products -----------------------------------------------------------------------------------

(define (narrow-product! tx x y z)
  (define xl (lower tx x)) (define xu (upper tx x))
  (define yl (lower tx y)) (define yu (upper tx y))
  (cond
    [(equal? x y)
     (define m (if (<= xl 0 xu) 0 (min* (* xl xl) (* xu xu))))
     (and (restrict-bounds! tx z m (max* (* xl xl) (* xu xu)))
          (let ([zu (upper tx (walk tx z))])
            (or (not (exact-integer? zu))
                (let ([root (integer-sqrt zu)]) (restrict-bounds! tx x (- root) root)))))]
    [else
     (define corners (list (* xl yl) (* xl yu) (* xu yl) (* xu yu)))
     (and (restrict-bounds! tx z (apply min* corners) (apply max* corners))
          (narrow-factor! tx x y (walk tx z))
          (narrow-factor! tx y (walk tx x) (walk tx z)))]))

;; x·y = z: narrows x by y and z.
(define (narrow-factor! tx x y z)
  (define yl (lower tx y)) (define yu (upper tx y))
  (define zl (lower tx z)) (define zu (upper tx z))
  (cond
    [(var? (walk tx x))
     (cond
       [(or (> yl 0) (< yu 0))
        (define corners
          (for*/list ([a (in-list (list zl zu))] [b (in-list (list yl yu))]) (corner a b)))
        (restrict-bounds! tx x (ceiling* (apply min* corners)) (floor* (apply max* corners)))]
       [(or (> zl 0) (< zu 0))       ; neither factor is 0, so |x| <= |z|
        (define m (max* (magnitude* zl) (magnitude* zu)))
        (and (restrict-bounds! tx x (- m) m) (exclude-value! tx x 0))]
       [else #t])]
    [else #t]))

;; a/b at a corner of two intervals; b is not 0
(define (corner a b)
  (cond [(not (exact-integer? b)) 0] [else (/ a b)]))

(define (min* . ns) (for/fold ([m (car ns)]) ([n (in-list (cdr ns))]) (if (< n m) n m)))
(define (max* . ns) (for/fold ([m (car ns)]) ([n (in-list (cdr ns))]) (if (> n m) n m)))
(define (magnitude* n) (if (< n 0) (- n) n))
(define (floor* n) (if (exact? n) (floor n) n))
(define (ceiling* n) (if (exact? n) (ceiling n) n))

;; -- quotients and remainders ---------------------------------------------------------------------

;; q = floor(x / y)
(define (narrow-quotient! tx x y q)
  (define xl (lower tx x)) (define xu (upper tx x))
  (define yl (lower tx y)) (define yu (upper tx y))
  (cond
    [(> yl 0)
     (define corners
       (for*/list ([a (in-list (list xl xu))] [b (in-list (list yl yu))]) (floor* (corner/floor a b))))
     (and (restrict-bounds! tx q (apply min* corners) (apply max* corners))
          (let* ([q (walk tx q)] [ql (lower tx q)] [qu (upper tx q)])
            (and (restrict-bounds! tx x
                                   (min* (* ql yl) (* ql yu))
                                   (max* (+ (* qu yl) yl -1) (+ (* qu yu) yu -1)))
                 (or (exact-integer? y)
                     (and (or (not (and (> ql 0) (exact-integer? xu)))
                              (restrict-bounds! tx y 1 (floor (/ xu ql))))
                          (or (not (and (exact-integer? xl) (>= xl 0) (exact-integer? qu) (>= qu 0)))
                              (restrict-bounds! tx y (add1 (floor (/ xl (add1 qu)))) +inf.0)))))))]
    [(and (exact-integer? y) (< y 0))
     (and (restrict-bounds! tx q (floor* (/ xu y)) (floor* (/ xl y)))
          (let* ([q (walk tx q)] [ql (lower tx q)] [qu (upper tx q)])
            (restrict-bounds! tx x (+ (* (+ qu 1) y) 1) (* ql y))))]
    [else #t]))

;; floor(a/b) tends to 0 from above and to -1 from below as b grows without end
(define (corner/floor a b)
  (cond [(exact-integer? b) (/ a b)] [(< a 0) (if (exact-integer? a) -1 a)] [else 0]))

;; r = x - y·floor(x / y)
(define (narrow-remainder! tx x y r)
  (define xl (lower tx x)) (define xu (upper tx x))
  (define yl (lower tx y)) (define yu (upper tx y))
  (cond
    [(> yl 0)
     (and (restrict-bounds! tx r 0 (if (>= xl 0) (min* (- yu 1) xu) (- yu 1)))
          (cond
            [(and (exact-integer? y) (exact-integer? xl) (exact-integer? xu)
                  (= (floor (/ xl y)) (floor (/ xu y))))
             (define shift (* y (floor (/ xl y))))
             (let ([r (walk tx r)])
               (and (restrict-bounds! tx r (- xl shift) (- xu shift))
                    (let ([r (walk tx r)])
                      (restrict-bounds! tx x (+ shift (lower tx r)) (+ shift (upper tx r))))))]
            [else #t]))]
    [(< yu 0) (restrict-bounds! tx r (+ yl 1) 0)]
    [else #t]))

;; -- small sets: every pair of values is tried ----------------------------------------------------

(define support-limit 64)

;; z = f(x, y): where x and y have few values, keeps the values that occur in some solution.
(define (narrow-support! tx f divides? x y z)
  (define xs (few-values tx x))
  (define ys (and xs (few-values tx y)))
  (cond
    [(not (and ys (<= (* (length xs) (length ys)) support-limit))) #t]
    [else
     (define same? (equal? x y))
     (define zd (if (var? z) (attribute-domain (attribute-of tx z)) (list-domain (list z))))
     (define triples
       (for*/list ([a (in-list xs)] [b (in-list ys)]
                   #:unless (or (and divides? (eqv? b 0)) (and same? (not (eqv? a b))))
                   [c (in-value (f a b))]
                   #:when (or (not zd) (domain-member? zd c)))
         (list a b c)))
     (and (pair? triples)
          (restrict-domain! tx x (list-domain (map car triples)))
          (restrict-domain! tx y (list-domain (map cadr triples)))
          (restrict-domain! tx z (list-domain (map caddr triples))))]))

(define (few-values tx t)
  (cond [(exact-integer? t) (list t)]
        [else (define d (attribute-domain (attribute-of tx t)))
              (and d (<= (domain-size d) support-limit) (domain-values d))]))

;; -- distinct -------------------------------------------------------------------------------------

(define (run-distinct! tx serial t done)
  (define-values (elements tail) (walk-list tx t))
  (define integers (filter exact-integer? elements))
  (define open (filter var? elements))
  (and (or (var? tail) (null? tail))
       (for/and ([e (in-list elements)]) (integer! tx e))
       (not (check-duplicates integers))
       (not (check-duplicates open))
       (for*/and ([v (in-list open)] [n (in-list integers)]) (exclude-value! tx v n))
       (if (and (null? tail) (null? open))
           (done)
           (begin
             (for ([v (in-list (if (var? tail) (cons tail open) open))]) (watch! tx v serial))
             #t))))
