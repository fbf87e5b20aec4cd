#lang racket/base
;; The text of an architecture, read from strangers: lists, symbols and numbers, nothing else, as
;; protocol/grammar.md says; sexpression.py and architecture.py in Python read the same. `_`
;; is a hole: an unknown number or layer, or behind a dot the unknown rest of a list of layers.

(require racket/list racket/string "kinds.rkt" "shape-kinds.rkt")
(provide read-architecture read-datum datum->architecture excerpt architecture-shape hole?
         without-defaults (struct-out exn:fail:text))

(struct exn:fail:text exn:fail:user ())
(define (fail message . arguments)
  (raise (exn:fail:text (apply format message arguments) (current-continuation-marks))))

(define longest-text (* 1024 1024))    ; characters
(define deepest 64)                    ; nested lists
(define most-layers 10000)             ; those in branches included

(define (hole? x) (eq? x '_))

;; -- s-expressions ----------------------------------------------------------------------------------

;; string -> the one datum it holds; a dotted list is a pair whose last cdr is a symbol
(define (read-datum text)
  (when (> (string-length text) longest-text)
    (fail "the line has ~a characters, and at most ~a are read" (string-length text) longest-text))
  (define end (string-length text))
  (define (space? i) (memv (string-ref text i) '(#\space #\tab #\return #\newline)))
  (define (skip i) (if (and (< i end) (space? i)) (skip (add1 i)) i))
  ;; -> datum, position behind it
  (define (datum i depth)
    (let ([i (skip i)])
      (when (= i end)
        (fail "character ~a: expected an architecture, got the end of the line" (add1 i)))
      (case (string-ref text i)
        [(#\() (when (> depth deepest)
                 (fail "character ~a: lists are nested deeper than ~a" (add1 i) deepest))
               (elements (add1 i) (add1 depth) (add1 i))]
        [(#\)) (fail "character ~a: ')' closes no list" (add1 i))]
        [else (atom i)])))
  (define (elements i depth opened)
    (let loop ([i (skip i)] [found '()])
      (cond
        [(= i end)
         (fail (string-append "character ~a: expected ')' for the list opened at character ~a, "
                              "got the end of the line")
               (add1 end) opened)]
        [(char=? (string-ref text i) #\)) (values (reverse found) (add1 i))]
        [else
         (define-values (x next) (datum i depth))
         (cond
           [(and (eq? x '|.|) (pair? found))
            (define-values (tail after) (datum next depth))
            (define closing (skip after))
            (unless (and (hole? tail) (< closing end) (char=? (string-ref text closing) #\)))
              (fail "character ~a: expected '. _)' at the end of a list" (add1 i)))
            (values (append (reverse found) tail) (add1 closing))]
           [else (loop (skip next) (cons x found))])])))
  (define (atom i)
    (define stop
      (let loop ([j i])
        (if (or (= j end) (space? j) (memv (string-ref text j) '(#\( #\))))
            j
            (loop (add1 j)))))
    (define token (substring text i stop))
    (values
     (cond
       [(regexp-match? #px"^[+-]?[0-9]{1,9}$" token) (string->number token 10)]
       [(or (regexp-match? #px"^[+-]?[0-9]{0,9}[.][0-9]{1,18}([eE][+-]?[0-9]{1,2})?$" token)
            (regexp-match? #px"^[+-]?[0-9]{1,9}[eE][+-]?[0-9]{1,2}$" token))
        (string->number token 10 'read 'decimal-as-inexact)]
       [(regexp-match? #px"^[A-Za-z_.][A-Za-z0-9_-]{0,63}$" token) (string->symbol token)]
       [else (fail (string-append "character ~a: expected a list, a name or a number of at most 9 "
                                   "digits, got '~a'")
                    (add1 i) (excerpt token))])
     stop))
  (define-values (x next) (datum 0 1))
  (unless (= (skip next) end)
    (fail "character ~a: expected the end of the line, got '~a'" (add1 (skip next))
          (excerpt (substring text (skip next)))))
  x)

;; The start of a text for a message, without control characters.
(define (excerpt x)
  (define text (regexp-replace* #px"\\p{Cc}|\\p{Zl}|\\p{Zp}" (if (string? x) x (format "~a" x)) "?"))
  (if (> (string-length text) 60) (string-append (substring text 0 59) "…") text))

;; -- architectures ----------------------------------------------------------------------------------

;; string -> architecture, its layers in canonical form; holes only if `holes?`
(define (read-architecture text #:holes? [holes? #f]) (datum->architecture (read-datum text) holes?))

(define (datum->architecture x holes?)
  (define (whole h) (or (and (exact-integer? h) (>= h 1)) (and holes? (hole? h))))
  (unless (and (list? x) (= (length x) 3) (eq? (first x) 'architecture))
    (fail "expected (architecture (input C H W) (LAYER …)), got ~a" (excerpt x)))
  (define input (second x))
  (unless (and (pair? input) (eq? (car input) 'input) (input->shape (cdr input) whole))
    (fail "expected ~a with sizes of at least 1, got ~a" (expected-input input) (excerpt input)))
  (define layers (read-layers (third x) holes?))
  (define all (kinds-of layers))
  (when (> (length all) most-layers)
    (fail "the architecture has more than ~a layers" most-layers))
  (for ([name (in-list (if (pair? all) (cdr all) '()))])
    (when (and (not (hole? name)) (kind-first-only? (hash-ref kinds name)))
      (fail "a ~a can only be the first layer" name)))
  (list 'architecture input layers))

;; What should stand for an input that begins like this one: the form of its kind, or all forms.
(define (expected-input input)
  (define (form row)
    (format "(input ~a~a)" (if (eq? (car row) 'image) "" (format "~a " (car row)))
            (string-join (cdr row) " ")))
  (define begun (and (pair? input) (pair? (cdr input)) (cadr input)))
  (define row (assq (if (and (symbol? begun) (not (hole? begun))) begun 'image) input-kinds))
  (if row (form row) (format "one of ~a" (string-join (map form input-kinds) ", "))))

;; The shape of an architecture's input; sizes may be holes.
(define (architecture-shape architecture)
  (input->shape (cdr (second architecture)) (λ (x) (or (hole? x) (exact-integer? x)))))

;; The kind of each layer, a join's before those in its branches; `_` of a hole.
(define (kinds-of layers)
  (cond
    [(not (pair? layers)) '()]
    [(hole? (car layers)) (cons '_ (kinds-of (cdr layers)))]
    [else
     (define layer (car layers))
     (cons (car layer) (append (if (join-of layer) (append-map kinds-of (cdr layer)) '())
                               (kinds-of (cdr layers))))]))

(define (read-layers layers holes?)
  (let loop ([rest layers])
    (cond [(null? rest) '()]
          [(pair? rest) (cons (read-layer (car rest) holes?) (loop (cdr rest)))]
          [(and holes? (hole? rest)) '_]
          [else (fail "expected a list of layers, got ~a" (excerpt layers))])))

(define (read-layer x holes?)
  (cond
    [(and holes? (hole? x)) x]
    [(hole? x) (fail "a hole '_' stands where a layer was expected; complete fills holes")]
    [(not (and (pair? x) (list? x) (symbol? (car x))))
     (fail "expected a layer such as (relu), got ~a" (excerpt x))]
    [(hash-ref kinds (car x) #f)
     => (λ (k)
          (cons (car x)
                (if (kind-join k)
                    (read-branches x (kind-join k) holes?)
                    (read-arguments x (kind-arguments k) holes?))))]
    [else
     (fail "unknown layer '~a'; known are ~a" (excerpt (car x))
           (string-join (sort (map symbol->string (hash-keys kinds)) string<?) ", "))]))

(define (read-branches layer j holes?)
  (define branches (cdr layer))
  (unless (<= (join-least j) (length branches) (join-most j))
    (fail "expected (~a~a~a), got ~a" (car layer)
          (string-append* (make-list (join-least j) " (LAYER …)"))
          (if (= (join-least j) (join-most j)) "" " …")
          (excerpt layer)))
  (for/list ([branch (in-list branches)]) (read-layers branch holes?)))

(define (read-arguments layer arguments holes?)
  (define values (cdr layer))
  (define required (count (λ (a) (not (argument-default a))) arguments))
  (unless (<= required (length values) (length arguments))
    (fail "~a has ~a arguments, expected ~a" (excerpt layer) (length values)
          (if (null? arguments)
              "none"
              (format "~a: ~a" required (string-join (map argument-says arguments) ", ")))))
  (for ([v (in-list values)] [a (in-list arguments)])
    (unless (or (and holes? (hole? v))
                (case (argument-kind a)
                  [(real) (and (real? v) (<= 0 v 1))]
                  [(choice) (memq v (argument-choices a))]
                  [else (and (exact-integer? v) (>= v (argument-least a)))]))
      (fail "~a of ~a: expected ~a, got ~a" (argument-says a) (excerpt layer)
            (case (argument-kind a)
              [(real) "a number from 0 to 1"]
              [(choice)
               (format "one of ~a" (string-join (map symbol->string (argument-choices a)) ", "))]
              [else (format "a whole number of at least ~a" (argument-least a))])
            (excerpt v))))
  (without-defaults values arguments))

;; The values of a layer's arguments without those trailing ones that are the default.
(define (without-defaults values arguments)
  (let loop ([values (reverse values)] [arguments (reverse (take arguments (length values)))])
    (if (and (pair? values) (argument-default (car arguments))
             (equal? (car values) (argument-default (car arguments))))
        (loop (cdr values) (cdr arguments))
        (reverse values))))
