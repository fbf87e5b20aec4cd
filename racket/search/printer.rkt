#lang racket/base
;; The choice text: one canonical line for a partial solution and the goals that it still has.

(require "../kanren/arithmetic.rkt" "../kanren/disequality.rkt" "../kanren/domain.rkt"
         "../kanren/goal.rkt" "../kanren/label.rkt" "../kanren/reify.rkt" "../kanren/state.rkt"
         "../kanren/term.rkt")
(provide print-choice print-term query-term)

;; The query's term in a state: the value of a query with one variable, else the list of its values.
(define (query-term st)
  (define t (walk/store initial-var (state-store st)))
  (if (and (pair? t) (null? (cdr t))) (car t) t))

;; -> bytes: (bind (state TERM DISEQUALITIES TYPES ABSENTOS DOMAINS ARITHMETIC) (conj GOAL …))
;; Variables are renumbered _.0 _.1 … in order of appearance in this text, and constraints stand in
;; the order in which they were posted, so choices that differ in variable names alone print alike.
;; Types and domains are printed for the variables of the term and the goals; those of a variable that
;; only other constraints speak of follow from these.
(define (print-choice st goals)
  (define out (make-printer st))
  (define term (query-term st))
  (define goal-texts (for/list ([g (in-list goals)]) (goal->text st g)))
  (define shown (term-variables st (cons term goal-texts)))
  (define constraints (reached-constraints st shown))
  (define disequalities (constraint-texts st disequality? constraints))
  (define arithmetics (constraint-texts st arithmetic? constraints))
  (define (attributes select)
    (for*/list ([v (in-list shown)]
                [item (in-list (select v (variable-attribute st v)))])
      item))
  (write-text!
   out
   (list 'bind
         (list 'state
               term
               disequalities
               (attributes (λ (v a) (type->text v (attribute-type a))))
               (attributes (λ (v a) (for/list ([tag (in-list (reverse (attribute-absent a)))])
                                      (list 'absento tag v))))
               (attributes (λ (v a) (domain->text v (attribute-domain a))))
               arithmetics)
         (cons 'conj goal-texts)))
  (printer-result out))

;; A single term of a state, in the same notation.
(define (print-term st t)
  (define out (make-printer st))
  (write-text! out t)
  (printer-result out))


(define (type->text v type)
  (cond [(not type) '()]
        [(symbol? type) (list (list type v))]
        [else (for/list ([n (in-list type)])
                (list (case n [(sym) 'not-sym] [(num) 'not-num] [else 'not-str]) v))]))

;; Every integer is a domain of one variable or another: an endless one says nothing.
(define (domain->text v d)
  (define specification (and d (domain->specification d)))
  (if (or (not d) (equal? specification '(interval -inf +inf)))
      '()
      (list (list 'infd v specification))))

(define (constraint-texts st family? constraints)
  (for/list ([c (in-list constraints)] #:when (family? c))
    (if (disequality? c)
        (cons '=/= (for/list ([p (in-list (disequality-pairs c))]) (list (car p) (cdr p))))
        (arithmetic->surface c))))

;; A goal as the first-order representation writes it.
(define (goal->text st g)
  (cond
    [(relate? g) (list 'relate (cons (relate-name g) (relate-args g)))]
    [(disj? g) (cons 'disj (let flat ([g g])
                             (if (disj? g)
                                 (append (flat (disj-left g)) (flat (disj-right g)))
                                 (list (goal->text st g)))))]
    [(conj? g) (cons 'conj (let flat ([g g])
                             (if (conj? g)
                                 (append (flat (conj-left g)) (flat (conj-right g)))
                                 (list (goal->text st g)))))]
    [(clauses? g)
     (goal->text st (lines (clauses-name g) (clause-numbers g) (clauses-args g)))]
    [(lines? g)
     (cons 'disj (for/list ([branch (in-list (lines->goals (lines-name g) (lines-numbers g)
                                                           (lines-args g) (state-next st)))])
                   (goal->text st branch)))]
    [(label? g) (cons 'labelfd (term-variables st (label-terms g)))]
    [(==? g) (list '== (==-left g) (==-right g))]
    [(=/=? g) (list '=/= (list (=/=-left g) (=/=-right g)))]
    [(type-goal? g)
     (car (type->text (type-goal-term g)
                      (if (type-goal-positive? g) (type-goal-type g) (list (type-goal-type g)))))]
    [(absento? g) (list 'absento (absento-tag g) (absento-term g))]
    [(domfd? g) (list 'infd (domfd-term g) (domain->specification (domfd-domain g)))]
    [else (arithmetic->surface (fold-arithmetic st g))]))

;; -- a byte buffer ----------------------------------------------------------------------------------

;; A Printer is a growing byte string, the store to walk terms in, and the names given so far.
(struct printer ([bytes #:mutable] [length #:mutable] store names) #:authentic)

(define (make-printer st) (printer (make-bytes 512) 0 (state-store st) (make-hasheqv)))
(define (printer-result out) (subbytes (printer-bytes out) 0 (printer-length out)))

(define (reserve! out n)
  (define needed (+ (printer-length out) n))
  (when (> needed (bytes-length (printer-bytes out)))
    (define larger (make-bytes (* 2 needed)))
    (bytes-copy! larger 0 (printer-bytes out) 0 (printer-length out))
    (set-printer-bytes! out larger)))

(define (put! out bs)
  (reserve! out (bytes-length bs))
  (bytes-copy! (printer-bytes out) (printer-length out) bs)
  (set-printer-length! out (+ (printer-length out) (bytes-length bs))))

(define (put-byte! out b)
  (reserve! out 1)
  (bytes-set! (printer-bytes out) (printer-length out) b)
  (set-printer-length! out (add1 (printer-length out))))

(define open-parenthesis 40)
(define close-parenthesis 41)
(define space 32)

(define (write-text! out t)
  (let ([t (walk/store t (printer-store out))])
    (cond
      [(pair? t)
       (put-byte! out open-parenthesis)
       (write-text! out (car t))
       (let loop ([rest (walk/store (cdr t) (printer-store out))])
         (cond [(pair? rest)
                (put-byte! out space)
                (write-text! out (car rest))
                (loop (walk/store (cdr rest) (printer-store out)))]
               [(null? rest) (void)]
               [else (put! out #" . ") (write-text! out rest)]))
       (put-byte! out close-parenthesis)]
      [(var? t)
       (define names (printer-names out))
       (define n (or (hash-ref names (var-id t) #f)
                     (let ([n (hash-count names)]) (hash-set! names (var-id t) n) n)))
       (put! out #"_.")
       (put! out (string->bytes/latin-1 (number->string n)))]
      [(symbol? t) (put! out (symbol->bytes t))]
      [(exact-integer? t) (put! out (string->bytes/latin-1 (number->string t)))]
      [(null? t) (put! out #"()")]
      [(vector? t) (put! out #"#") (write-text! out (vector->list t))]
      [else (put! out (written t))])))

(define symbol-texts (make-weak-hasheq))
(define (symbol->bytes s)
  (or (hash-ref symbol-texts s #f)
      (let ([text (written s)]) (hash-set! symbol-texts s text) text)))

;; As `write` has it; a newline inside a symbol is the only way to a raw newline.
(define (written t)
  (define out (open-output-bytes))
  (write t out)
  (define text (get-output-bytes out))
  (when (for/or ([b (in-bytes text)]) (eqv? b 10))
    (raise-arguments-error 'print-choice "a symbol with a newline in its name cannot be printed"
                           "symbol" t))
  text)
