#lang racket/base
;; Arithmetic over finite domains: the constraints on integers and how they narrow domains.

(require racket/list "../core/domain.rkt" "../core/family.rkt" "../core/state.rkt"
         "../core/term.rkt" "bounds.rkt" "expression.rkt" "relaxation.rkt" "supports.rkt")
(provide (struct-out arithmetic) arithmetic-family holds? propagations)

;; An Arithmetic is (arithmetic OP ARGS), a goal and, once posted, a constraint:
;;   =  <=  =/=  SUM           the sum (expression.rkt) is so related to 0
;;   distinctfd  (LIST . DONE) the integers of the list differ pairwise; DONE are integers that the
;;                             others are known to differ from
;; A posted sum is kept folded: variables that became integers are in its constants. Sums and products
;; stay whole, so their bounds are as tight as the bounds of their parts.
(struct arithmetic (op args) #:prefab)

;; After so many runs in one transaction bounds may be creeping up step by step, as in x < y < x. The
;; linear constraints are then tried as a whole, once; after three times as many, narrowing stops, and
;; what is left open is checked as variables become integers.
(define (creeping tx) (+ 1000 (* 20 (transaction-serial tx))))

;; How often a constraint was run since the program started; for the benches.
(define runs 0)
(define (propagations) runs)

;; The terms that a constraint speaks of.
(define (arithmetic-terms c) (sum-variables (arithmetic-args c)))

(define (arithmetic->surface c)
  (case (arithmetic-op c)
    [(distinctfd) (list 'distinctfd (car (arithmetic-args c)))]
    [else (comparison->surface (arithmetic-op c) (arithmetic-args c))]))

;; A goal that is not posted yet, with the variables folded that are bound in a state. A goal that
;; cannot hold stays as it was.
(define (fold-arithmetic st c)
  (define args (arithmetic-args c))
  (cond [(eq? (arithmetic-op c) 'distinctfd) c]
        [(fold-sum (λ (v) (walk/store v (state-store st))) args)
         => (λ (sum) (arithmetic (arithmetic-op c) sum))]
        [else c]))

;; -- posting --------------------------------------------------------------------------------------

;; Enters a constraint; its variables become integers. -> #f when it cannot hold
(define (post-arithmetic! tx c)
  (define args (arithmetic-args c))
  (define op (arithmetic-op c))
  (case op
    [(distinctfd) (post-distinct! tx c)]
    [else
     (define variables (walked-variables tx args))
     (and variables
          (for/and ([v (in-list variables)]) (integer! tx v))
          (let ([sum (fold tx args)])
            (and sum
                 (cond
                   [(constant? sum) (holds? op (sum-constant sum))]
                   [(prepared tx op sum)
                    => (λ (kept)
                         (wake! tx (add-constraint! tx (arithmetic op kept)
                                                    (sum-variables kept)))
                         #t)]
                   [else #f]))))]))

;; The unbound variables of a sum, or #f where it speaks of something that is no integer.
(define (walked-variables tx sum)
  (let loop ([vs (sum-variables sum)] [found '()])
    (cond [(null? vs) (reverse found)]
          [else
           (define t (walk tx (car vs)))
           (cond [(exact-integer? t) (loop (cdr vs) found)]
                 [(not (var? t)) #f]
                 [else (loop (cdr vs) (cons t found))])])))

(define (integer! tx t) (or (and (var? t) (known-domain tx t) #t) (restrict-domain! tx t anything)))

(define (holds? op n)
  (case op [(=) (eqv? n 0)] [(<=) (<= n 0)] [else (not (eqv? n 0))]))

(define (fold tx sum) (fold-sum (λ (v) (walk tx v)) sum))

;; -- running --------------------------------------------------------------------------------------

;; Runs a posted constraint: narrows the domains of its variables. -> #f when it cannot hold,
;; 'fixpoint when running it again would change nothing, else #t
(define (run-arithmetic! tx serial c)
  (set! runs (add1 runs))
  (define op (arithmetic-op c))
  (define steps (transaction-steps tx))
  (cond
    [(eq? op 'distinctfd) (run-distinct! tx serial c)]
    [else
     (define args (arithmetic-args c))
     (define sum (if (transaction-bound? tx) (fold tx args) args))
     (cond
       [(not sum) #f]
       [(constant? sum) (remove-constraint! tx serial) (holds? op (sum-constant sum))]
       [else
        (define kept
          (cond [(eq? sum args) sum]
                [else (define new (prepared tx op sum))
                      (and new (replace-constraint! tx serial (arithmetic op new)))
                      new]))
        (cond [(not kept) #f]
              [(and (> steps 1000) (eqv? steps (creeping tx)) (infeasible? tx)) #f]
              [(and (> steps 3000) (> steps (* 3 (creeping tx)))) #t]
              [else (narrow-constraint! tx serial op kept)])])]))

;; -> #f, 'fixpoint or #t as run-arithmetic!
(define (narrow-constraint! tx serial op sum)
  (define (finish status)
    (cond [(eq? status 'entailed) (remove-constraint! tx serial) 'fixpoint]
          [else status]))
  (define variables (sum-variables sum 3))
  (cond
    [(null? (cdr variables)) (finish (narrow-single! tx op sum (car variables)))]
    [else
     (case op
       [(<=) (let ([status (finish (narrow-sum! tx sum -inf.0 0))])
               (if (and (eq? status #t) (linear? sum)) 'fixpoint status))]
       [(=) (cond [(same-pair sum)
                   => (λ (pair) (equate! tx (car pair) (cdr pair)) (finish 'entailed))]
                  [else
                   (define status (narrow-sum! tx sum 0 0))
                   (if (and (eq? status #t) (<= (length variables) 3))
                       (keep-supported! tx sum variables)
                       (finish status))])]
       [else
        (define-values (lo hi) (sum-bounds tx sum))
        (finish (if (or (> lo 0) (< hi 0)) 'entailed #t))])]))

;; Cutting one end of each variable of a linear inequality changes nothing for the others.
(define (linear? sum) (andmap (λ (t) (var? (cdr t))) (sum-terms sum)))

;; x - y = 0 -> (x . y)
(define (same-pair sum)
  (define terms (sum-terms sum))
  (and (eqv? (sum-constant sum) 0) (pair? (cdr terms)) (null? (cddr terms))
       (eqv? (caar terms) (- (caadr terms)))
       (var? (cdar terms)) (var? (cdadr terms))
       (cons (cdar terms) (cdadr terms))))

;; A sum as it is stored: divided by what divides all its coefficients. Where all coefficients of an
;; equation but one, 1 or -1, have a common divisor, the variable of that one leaves a known remainder
;; by it, and its bounds are rounded. -> #f when no integers can make it hold
(define (prepared tx op sum)
  (define constant (sum-constant sum))
  (define-values (unit divisor) (common-divisor (sum-terms sum) (eq? op '=)))
  (cond
    [(eqv? divisor 1) sum]
    [(and unit (not (var? (cdr unit)))) sum]
    [unit (and (round-bounds! tx (cdr unit) (- (* (car unit) constant)) divisor) sum)]
    [(eq? op '<=) (divided sum divisor (- (floor-quotient (- constant) divisor)))]
    [(eqv? 0 (remainder constant divisor)) (divided sum divisor (quotient constant divisor))]
    [(eq? op '=) #f]
    [else sum]))

;; -> the single term with coefficient 1 or -1, or #f where there is none; the greatest common divisor
;; of the other coefficients (1 where there are two units, or one that is not asked for)
(define (common-divisor terms unit-apart?)
  (let loop ([terms terms] [unit #f] [divisor 0])
    (cond [(null? terms) (values unit (if (eqv? divisor 0) 1 divisor))]
          [(eqv? divisor 1) (values unit 1)]
          [else
           (define k (caar terms))
           (cond [(not (or (eqv? k 1) (eqv? k -1))) (loop (cdr terms) unit (gcd k divisor))]
                 [(or unit (not unit-apart?)) (values #f 1)]
                 [else (loop (cdr terms) (car terms) divisor)])])))

(define (divided sum divisor constant)
  (cons constant
        (for/list ([t (in-list (sum-terms sum))]) (cons (quotient (car t) divisor) (cdr t)))))

;; v leaves the remainder of n by the divisor.
(define (round-bounds! tx v n divisor)
  (define d (known-domain tx v))
  (define lo (domain-min d))
  (define hi (domain-max d))
  (restrict-bounds! tx v
                    (if (exact-integer? lo) (+ lo (modulo (- n lo) divisor)) lo)
                    (if (exact-integer? hi) (- hi (modulo (- hi n) divisor)) hi)))

;; -- one variable ---------------------------------------------------------------------------------

;; A constraint on one variable alone. -> #f, 'entailed or #t
(define (narrow-single! tx op sum v)
  (define t (car (sum-terms sum)))
  (define k (car t))
  (define n (- (sum-constant sum)))         ; k·v REL n where the sum is linear
  (cond
    [(and (null? (cdr (sum-terms sum))) (var? (cdr t)))
     (and (case op
            [(<=) (if (> k 0)
                      (restrict-bounds! tx v -inf.0 (floor-quotient n k))
                      (restrict-bounds! tx v (- (floor-quotient n (- k))) +inf.0))]
            [(=) (and (eqv? 0 (remainder n k))
                      (let ([value (quotient n k)]) (restrict-bounds! tx v value value)))]
            [else (or (not (eqv? 0 (remainder n k))) (exclude-value! tx v (quotient n k)))])
          'entailed)]
    [else
     (define status
       (case op
         [(<=) (narrow-sum! tx sum -inf.0 0)]
         [(=) (narrow-sum! tx sum 0 0)]
         [else #t]))
     (define d (known-domain tx v))
     (cond
       [(not (and (eq? status #t) (<= (domain-size d) support-limit))) status]
       [else
        (define kept
          (domain-filter d (λ (n) (let ([value (evaluate-sum (λ (_) n) sum)])
                                    (and value (holds? op value))))))
        (and (restrict-domain! tx v kept) 'entailed)])]))

;; -- all sums together ----------------------------------------------------------------------------

;; Have the linear constraints of the store no common solution, even among rational numbers? Products,
;; quotients and remainders count as variables of their own, with the bounds that they have.
(define (infeasible? tx)
  (define columns (make-hash))
  (define (column e)
    (or (hash-ref columns e #f)
        (let ([n (hash-count columns)]) (hash-set! columns e n) n)))
  (define rows
    (for*/list ([c (in-list (all-constraints tx))]
                #:when (and (arithmetic? c) (memq (arithmetic-op c) '(= <=)))
                [sum (in-value (fold tx (arithmetic-args c)))]
                #:when sum)
      (define end (- (sum-constant sum)))
      (row (for/hasheqv ([t (in-list (sum-terms sum))]) (values (column (cdr t)) (car t)))
           (if (eq? (arithmetic-op c) '=) end -inf.0)
           end)))
  (define ends
    (for/list ([entry (in-list (sort (hash->list columns) < #:key cdr))])
      (define-values (lo hi) (sum-bounds tx (list 0 (cons 1 (car entry)))))
      (cons lo hi)))
  (infeasible-rows? rows ends))

;; -- distinct -------------------------------------------------------------------------------------

(define (post-distinct! tx c)
  (define-values (elements tail) (walk-list tx (car (arithmetic-args c))))
  (and (or (var? tail) (null? tail))
       (for/and ([e (in-list elements)]) (integer! tx e))
       (begin
         (wake! tx (add-constraint! tx c (filter var? (cons tail elements))))
         #t)))

;; -> the walked elements of a list as far as it is known, and its tail ('() or an unbound variable)
(define (walk-list tx t)
  (let loop ([t (walk tx t)] [elements '()])
    (if (pair? t)
        (loop (walk tx (cdr t)) (cons (walk tx (car t)) elements))
        (values (reverse elements) t))))

;; Each integer is taken out of the domains of the others once, then it leaves the list; while the end
;; of the list is open it is remembered, for what comes later.
(define (run-distinct! tx serial c)
  (define args (arithmetic-args c))
  (define-values (elements tail) (walk-list tx (car args)))
  (define-values (open integers) (partition var? elements))
  (define taken (append integers (cdr args)))
  (define closed? (null? tail))
  (and (or (var? tail) closed?)
       (for/and ([e (in-list elements)]) (integer! tx e))
       (not (check-duplicates taken eqv?))
       (not (check-duplicates open eqv? #:key var-id))
       (for*/and ([v (in-list open)] [n (in-list taken)]) (exclude-value! tx v n))
       (enough-values? tx open)
       (cond
         [(and closed? (or (null? open) (null? (cdr open)))) (remove-constraint! tx serial) #t]
         [(null? taken) #t]
         [else
          (replace-constraint!
           tx serial (arithmetic 'distinctfd (cons (append open tail) (if closed? '() taken))))
          (for ([v (in-list (if closed? open (cons tail open)))]) (watch! tx v serial))
          #t])))

;; Are there as many integers between the ends of all domains as there are variables?
(define (enough-values? tx open)
  (or (null? open)
      (let-values ([(lo hi)
                    (for/fold ([lo +inf.0] [hi -inf.0]) ([v (in-list open)])
                      (define t (walk tx v))
                      (define d (if (var? t) (known-domain tx t) #f))
                      (define a (if d (domain-min d) t))
                      (define b (if d (domain-max d) t))
                      (values (if (< a lo) a lo) (if (> b hi) b hi)))])
        (>= (- hi lo) (sub1 (length open))))))

;; -- the family -----------------------------------------------------------------------------------

(define (clauses st variables constraints name named?)
  (sort (for/list ([c (in-list constraints)]
                   #:when (and (arithmetic? c) (named? (arithmetic-terms c))))
          (name (arithmetic->surface c)))
        term<?))

(define arithmetic-family
  (make-family 'arithmetic
               #:goal? arithmetic?
               #:post post-arithmetic!
               #:goal-text (λ (st g) (arithmetic->surface (fold-arithmetic st g)))
               #:constraint? arithmetic?
               #:run run-arithmetic!
               #:terms arithmetic-terms
               #:reaching? #t
               #:constraint-text arithmetic->surface
               #:slot 'arithmetic
               #:clauses clauses
               #:infeasible? infeasible?))
